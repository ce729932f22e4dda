package import Contract

/// Takes events in the transaction of the change that they tell of.
package protocol EventSink {
    func append(_ event: Event) throws(ErrorAnswer)
}

/// Tells the event worker that a tenant's outbox is about to hold something.
package protocol Doorbell: Sendable {
    /// Rings; called before the transaction that writes the event commits, so that a crash makes a false ring and
    /// never a lost one. Failures are ignored: the worker's slow sweep finds what was not rung for.
    func ring(_ tenant: TenantID)
}
