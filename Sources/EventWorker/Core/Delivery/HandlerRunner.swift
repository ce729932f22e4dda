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
    package func run(_ event: Event, in home: EventHome) throws(ErrorAnswer) -> Bool {
        guard handlers[event.type] != nil else { return true }
        guard try claim([event], in: home) == [event.id] else { return false }
        try handle(event, in: home)
        return true
    }

    /// Notes in the inbox that events of one database are handled in this transaction; those that have a handler and
    /// had no effect before.
    ///
    /// Comes before their handlers: of two deliveries at one time the second waits here for the end of the first.
    package func claim(_ events: [Event], in home: EventHome) throws(ErrorAnswer) -> Set<EventID> {
        let names = names(events)
        return names.isEmpty ? [] : try home.inbox.claim(names, at: clock.now())
    }

    /// Leaves claimed events for a later transaction.
    package func release(_ events: [Event], in home: EventHome) throws(ErrorAnswer) {
        let names = names(events)
        if !names.isEmpty { try home.inbox.release(names) }
    }

    /// Runs the handler of an event that was claimed in this transaction.
    package func handle(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        guard let handler = handlers[event.type] else { return }
        try handler.act(on: event)
        try handler.record(event, in: home)
    }

    /// The names of the handlers that the events have.
    private func names(_ events: [Event]) -> [EventID: String] {
        var names: [EventID: String] = [:]
        for event in events { names[event.id] = handlers[event.type]?.name }
        return names
    }
}
