package import Base
package import Contract

/// Puts messages on the demonstration topics of the event bus, and shows what came out at its other end.
package struct DemoService: Sendable {
    private let data: any UnitOfWork
    private let doorbell: any Doorbell
    private let clock: any WallClock

    /// How many messages of a user are kept.
    private static let kept = 50

    package init(data: any UnitOfWork, doorbell: any Doorbell, clock: any WallClock) {
        self.data = data
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Puts a message on the bus, the envelope being the product's own.
    package func produce(
        _ message: JSONValue, key: String?, to topic: DemoTopic, by session: Session
    ) throws(ErrorAnswer) -> Event {
        var data: [String: JSONValue] = ["topic": .string(topic.text), "message": message]
        if let key { data["key"] = .string(key) }
        let event = Event(
            .demo, tenant: .noTenant, user: session.userID, at: clock.now(), from: session.origin, data: data)
        doorbell.ring(.main)
        try self.data.inMain(session.origin.effectAccess) { main throws(ErrorAnswer) in try main.events.append(event) }
        return event
    }

    /// The last messages of the user that came through the bus.
    package func consumed(by user: UserID, limit: Int) throws(ErrorAnswer) -> [DemoMessage] {
        try data.inMain(.read) { main throws(ErrorAnswer) in try main.demo.last(limit, of: user) }
    }

    /// Takes a message from the bus. Repeated, it has no further effect; what is no demo message is left alone.
    package func consume(_ event: Event) throws(ErrorAnswer) {
        guard let message = DemoMessage(event: event, consumedAt: clock.now()) else {
            throw ErrorAnswer(.validationError, cause: "the event holds no demo message")
        }
        try data.inMain(.write) { main throws(ErrorAnswer) in try main.demo.insert(message, keeping: Self.kept) }
    }
}
