package import Base
package import Contract

/// What became of requests that carry an `Idempotency-Key`.
package protocol IdempotencyStore: Sendable {
    /// Notes that the request is under way, unless it was before: one short transaction of its own.
    ///
    /// - Parameter deadline: when this try counts as dead, and the next one may begin.
    func begin(
        _ claim: IdempotencyClaim, at now: Timestamp, deadline: Timestamp, expires: Timestamp
    ) throws(ErrorAnswer) -> IdempotencyState

    /// Stores the answer together with the effect, and makes both last; without an effect, the answer alone.
    ///
    /// - Throws: `.conflict` when another try has taken the key over meanwhile; the effect is rolled back then.
    func finish(
        _ claim: IdempotencyClaim, _ answer: StoredAnswer, with effect: (any HeldTransaction)?
    ) throws(ErrorAnswer)

    /// Forgets a try that had no effect, so that the request may be sent again, changed or not.
    func release(_ claim: IdempotencyClaim) throws(ErrorAnswer)

    /// Removes what has expired; how many.
    func prune(at now: Timestamp) throws(ErrorAnswer) -> Int
}

/// What the store knows of a claim.
package enum IdempotencyState: Equatable, Sendable {
    /// New, or left by a try that died: the caller carries the request out.
    case begun
    /// Carried out: this was the answer.
    case done(StoredAnswer)
    /// Another try is at work.
    case running
    /// The key belongs to a request that says something else.
    case otherRequest
}

/// An answer to be given again.
package struct StoredAnswer: Equatable, Sendable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
