package import Base
package import Contract

/// Counts against budgets per clock hour, right over all processes.
package protocol RateLimiter: Sendable {
    /// Takes an amount of the subject's budget; nil when it has none. Never lets more than the limit through.
    func take(_ amount: Int64, of subject: RateSubject, at now: Timestamp) throws(ErrorAnswer) -> RateDecision?

    /// Gives back what an upload took that came to nothing.
    ///
    /// - Parameter receipt: asked again with the same one, it does nothing more; without, the caller asks only once.
    func giveBack(_ charge: UploadCharge, of user: UserID, receipt: UploadID?) throws(ErrorAnswer)
}

/// Where a subject stands in the present window.
package struct RateDecision: Equatable, Sendable {
    package let isAllowed: Bool
    package let limit: Int64
    /// What is left, as far as this process knows.
    package let remaining: Int64
    /// When the window ends.
    package let resets: Timestamp

    package init(isAllowed: Bool, limit: Int64, remaining: Int64, resets: Timestamp) {
        self.isAllowed = isAllowed
        self.limit = limit
        self.remaining = remaining
        self.resets = resets
    }
}
