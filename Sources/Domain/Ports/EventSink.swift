package import Contract

/// Takes events in the transaction of the change that they tell of.
package protocol EventSink {
    func append(_ event: Event) throws(ErrorAnswer)
}

/// Tells the event worker that an outbox is about to hold something.
package protocol Doorbell: Sendable {
    /// Rings; called for each transaction that writes events, before it commits, so that a crash makes a false ring and
    /// never a lost one. Failures are ignored: the worker's slow sweep finds what was not rung for. Blocks.
    func ring(_ outbox: Outbox)
}

/// Whose outbox.
package enum Outbox: Hashable, Sendable {
    case main
    case tenant(TenantID)
}
