package import Contract
package import Domain

/// Does what an event asks for. Delivery is at least once: the effect must be the same when repeated.
///
/// Handlers trust the database, not the event: they look at the present state before they act.
package protocol EventHandler: Sendable {
    /// The events it takes.
    var type: EventType { get }

    /// Blocks until done.
    ///
    /// - Throws: the event is tried again later, and after some tries put among the dead letters.
    func handle(_ event: Event) throws(ErrorAnswer)
}
