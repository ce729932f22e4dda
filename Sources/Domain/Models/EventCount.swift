/// How many events, or tries of events, of one type came to one outcome.
package struct EventCount: Equatable, Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        /// Left its outbox: to the broker, or without one straight to its handler.
        case produced
        /// Could not be sent; tried again.
        case unsent
        /// Had its effect, or had had it before.
        case consumed
        /// A try that failed; tried again.
        case failed
        /// Given up.
        case dead
        /// A message of the broker that is no event of ours.
        case rejected
    }

    /// An event's type, `other` for what is none.
    package let type: String
    package let outcome: Outcome
    package let total: Int64

    package init(type: String, outcome: Outcome, total: Int64) {
        self.type = type
        self.outcome = outcome
        self.total = total
    }
}
