package import Base
package import Contract

/// Counts requests against a limit per clock hour, right over all processes of a host.
package protocol RateLimiter: Sendable {
    /// Takes one request of the user; nil when no limit is set. Never lets more than the limit through.
    func take(_ user: UserID, at now: Timestamp) throws(ErrorAnswer) -> RateDecision?
}

/// Where a user stands in the present window.
package struct RateDecision: Equatable, Sendable {
    package let isAllowed: Bool
    package let limit: Int
    /// Requests left, as far as this process knows.
    package let remaining: Int
    /// When the window ends.
    package let resets: Timestamp

    package init(isAllowed: Bool, limit: Int, remaining: Int, resets: Timestamp) {
        self.isAllowed = isAllowed
        self.limit = limit
        self.remaining = remaining
        self.resets = resets
    }
}
