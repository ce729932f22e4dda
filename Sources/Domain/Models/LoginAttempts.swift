package import Base

/// Logins that were tried for one subject without success.
package struct LoginAttempts: Equatable, Sendable {
    package let count: Int
    /// Before this time no further one is looked at.
    package let blockedUntil: Timestamp
    package let last: Timestamp

    package init(count: Int, blockedUntil: Timestamp, last: Timestamp) {
        self.count = count
        self.blockedUntil = blockedUntil
        self.last = last
    }
}
