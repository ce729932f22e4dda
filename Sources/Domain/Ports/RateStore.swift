package import Base
package import Contract

/// Who has a budget an hour.
package enum RateSubject: Hashable, Sendable {
    /// A user's requests.
    case user(UserID)
    /// The requests of a tenant's members together.
    case tenant(TenantID)
    /// The bytes that a user uploads.
    case uploads(UserID)
}

extension RateSubject: CustomStringConvertible {
    /// As stores keep it.
    package var description: String {
        switch self {
        case .user(let id): "user:\(id)"
        case .tenant(let id): "tenant:\(id)"
        case .uploads(let id): "uploads:\(id)"
        }
    }
}

/// A part of a budget.
package struct RateLease: Equatable, Sendable {
    package let granted: Int64
    /// What nobody has been granted yet.
    package let left: Int64

    package init(granted: Int64, left: Int64) {
        self.granted = granted
        self.left = left
    }
}

/// What was granted of each budget to all processes together.
package protocol RateStore: Sendable {
    /// Grants `max(minimum, rest / divisor)` of the window's rest; nothing when the rest is less.
    func lease(
        _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
    ) throws(ErrorAnswer) -> RateLease

    /// Takes back what was granted and not used. A budget never holds more than its limit after it.
    ///
    /// - Parameter receipt: asked again with the same one, it does nothing more.
    func giveBack(
        _ amount: Int64, of subject: RateSubject, window: Timestamp, receipt: UploadID?
    ) throws(ErrorAnswer)
}
