package import Contract
package import Domain

/// Does what an event of one type asks for, in two parts. Delivery is at least once, and either part may be repeated
/// after a crash or a failure.
///
/// Handlers trust the database, not the event: they look at the present state before they act.
package protocol EventHandler: Sendable {
    /// The events it takes.
    var type: EventType { get }

    /// Whether several of its events may be handled in one transaction of their database: both parts wait for nothing
    /// that such a transaction might hold, on connections of their own.
    var sharesTransaction: Bool { get }

    /// The part outside the event's own database transaction: objects, other databases. Must have no second effect
    /// when repeated. Blocks until done, at most some 20 s.
    ///
    /// - Throws: the event is tried again later, and after some tries put among the dead letters; `.validationError`
    ///   puts it there at once.
    func act(on event: Event) throws(ErrorAnswer)

    /// The part in or about the event's own database, after `act`, in the transaction that also notes that the event was
    /// handled: its effect is exactly once.
    func record(_ event: Event, in home: EventHome) throws(ErrorAnswer)
}

extension EventHandler {
    /// The name under which the inbox remembers it; must never change.
    var name: String { type.rawValue }

    package var sharesTransaction: Bool { false }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {}
}
