package import Base
package import Contract
package import Domain
import Synchronization

/// Counts against budgets per clock hour.
package final class InMemoryRateLimiter: RateLimiter {
    private let limits: [Kind: Int64]
    private let used = Mutex<[String: Int64]>([:])
    private let receipts = Mutex<Set<UploadID>>([])

    private enum Kind { case user, tenant, uploads }

    /// - Parameters: what there is an hour; nil is no limit.
    package init(limit: Int?, perTenant: Int? = nil, uploadBytes: Int? = nil) {
        let given: [Kind: Int?] = [.user: limit, .tenant: perTenant, .uploads: uploadBytes]
        limits = given.compactMapValues { $0.map(Int64.init) }
    }

    package func take(
        _ amount: Int64, of subject: RateSubject, at now: Timestamp
    ) throws(ErrorAnswer) -> RateDecision? {
        let kind: Kind =
            switch subject {
            case .user: .user
            case .tenant: .tenant
            case .uploads: .uploads
            }
        guard let limit = limits[kind] else { return nil }
        let hour = now.seconds / 3600
        let key = "\(subject) \(hour)"
        let (isAllowed, count) = used.withLock { used in
            let sum = used[key, default: 0] + amount
            if sum <= limit { used[key] = sum }
            return (sum <= limit, used[key, default: 0])
        }
        return RateDecision(
            isAllowed: isAllowed, limit: limit, remaining: max(0, limit - count),
            resets: Timestamp(seconds: (hour + 1) * 3600))
    }

    package func giveBack(_ charge: UploadCharge, of user: UserID, receipt: UploadID?) {
        if let receipt, !receipts.withLock({ $0.insert(receipt).inserted }) { return }
        let key = "\(RateSubject.uploads(user)) \(charge.takenAt.seconds / 3600)"
        used.withLock { used in used[key] = max(0, used[key, default: 0] - charge.bytes) }
    }
}
