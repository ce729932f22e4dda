package import Base
package import Contract
package import Domain
import Synchronization

/// Counts requests per user and clock hour.
package final class InMemoryRateLimiter: RateLimiter {
    private struct Window: Hashable {
        let user: UserID
        let hour: Int64
    }

    private let limit: Int?
    private let used = Mutex<[Window: Int]>([:])

    /// - Parameter limit: requests an hour; nil is no limit.
    package init(limit: Int?) { self.limit = limit }

    package func take(_ user: UserID, at now: Timestamp) throws(ErrorAnswer) -> RateDecision? {
        guard let limit else { return nil }
        let hour = now.seconds / 3600
        let count = used.withLock { used in
            used[Window(user: user, hour: hour), default: 0] += 1
            return used[Window(user: user, hour: hour), default: 0]
        }
        return RateDecision(
            isAllowed: count <= limit, limit: limit, remaining: max(0, limit - count),
            resets: Timestamp(seconds: (hour + 1) * 3600))
    }
}
