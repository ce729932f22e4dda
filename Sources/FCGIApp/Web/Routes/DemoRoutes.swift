import Base
import Contract
package import Domain

/// `/api/demo/kafka/*`: the event bus to try out, on topics of its own.
package struct DemoRoutes: Sendable {
    private let demo: DemoService
    private let bus: EventBusKind

    package init(demo: DemoService, bus: EventBusKind) {
        self.demo = demo
        self.bus = bus
    }

    package var routes: [Route] {
        [
            Route(.post, "/api/demo/kafka/produce", .user(produce)),
            Route(.get, "/api/demo/kafka/consume", .user(consume)),
        ]
    }

    /// The largest message, in bytes of JSON.
    private static let messageLimit = 10_000

    @Sendable private func produce(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let topic = fields.text("topic", DemoTopic.init(_:))
        let message = fields.anything("message")
        let key = fields.optionalText("key") { text throws(InvalidValue) in
            guard (1...255).contains(text.unicodeScalars.count) else {
                throw InvalidValue("must be 1 to 255 characters")
            }
            guard !text.utf8.contains(0) else { throw InvalidValue("must not contain a null character") }
            return text
        }
        if let message, message.jsonBytes.count > Self.messageLimit {
            fields.report("message", "must be at most \(Self.messageLimit) bytes of JSON")
        }
        try fields.finish()
        guard let topic, let message else { throw ErrorAnswer(.validationError) }
        let event = try demo.produce(message, key: key, to: topic, by: context.session)
        return .success(DemoEvent(event: event), status: 201, message: "Event put on the bus.")
    }

    @Sendable private func consume(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        let limit = query.integer("limit", default: 10, in: 1...50)
        try query.finish()
        let messages = try demo.consumed(by: context.user.id, limit: limit)
        return .success(DemoMessages(bus: bus, messages: messages), message: "Your last consumed messages.")
    }
}
