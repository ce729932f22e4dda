package import Base
package import Contract

/// The event worker's side of the doorbell.
package protocol DoorbellBoard: Sendable {
    /// Blocks until somebody rings or the timeout passes; each ring by itself. Rings during a lost connection are told
    /// by `rungOutboxes` alone.
    func waitForRings(timeout: Duration) -> [Ring]

    /// The outboxes that were rung for and not silenced since, the oldest ring first.
    func rungOutboxes() throws(ErrorAnswer) -> [Outbox]

    /// Forgets an outbox's ring, unless it was rung for again since `time`.
    func silence(_ outbox: Outbox, before time: Timestamp) throws(ErrorAnswer)
}

/// Somebody rang for an outbox.
package struct Ring: Hashable, Sendable {
    /// What follows it.
    package enum Promise: Hashable, Sendable {
        /// One transaction; whoever rang rings for its next one too.
        case one
        /// Any number for a while: whoever rang stays quiet for a second.
        case several
    }

    package let outbox: Outbox
    package let promise: Promise

    package init(_ outbox: Outbox, _ promise: Promise) {
        self.outbox = outbox
        self.promise = promise
    }
}
