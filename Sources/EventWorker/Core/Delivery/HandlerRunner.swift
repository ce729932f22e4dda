package import Base
package import Contract
package import Domain

/// Runs the handler of an event exactly once, however often the event is delivered: the one way to handlers, whatever
/// brought the event.
package struct HandlerRunner: Sendable {
    private let handlers: [EventType: any EventHandler]
    private let clock: any WallClock

    /// - Parameter handlers: at most one a type; events of other types are done by being delivered.
    package init(handlers: [any EventHandler], clock: any WallClock) {
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.type, $0) })
        self.clock = clock
    }

    /// Whether events of this type may be handled with others in one transaction.
    package func sharesTransaction(_ type: EventType) -> Bool { handlers[type]?.sharesTransaction ?? true }

    /// Runs it in the caller's transaction on the event's own database; false when it had its effect before.
    ///
    /// The inbox row comes first: of two deliveries at one time the second waits there for the end of the first.
    package func run(_ event: Event, in home: EventHome) throws(ErrorAnswer) -> Bool {
        guard let handler = handlers[event.type] else { return true }
        guard try home.inbox.claim(event.id, handler: handler.name, at: clock.now()) else { return false }
        try handler.act(on: event)
        try handler.record(event, in: home)
        return true
    }
}
