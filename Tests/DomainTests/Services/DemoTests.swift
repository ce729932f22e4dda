import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct DemoTests {
    private let product: InMemoryProduct
    private let demo: DemoService
    private let session: Session

    init() throws {
        product = try InMemoryProduct()
        demo = DemoService(data: product.data, doorbell: product.doorbell, clock: product.clock)
        session = try product.session(product.register("ada"))
    }

    @Test(arguments: ["tenant.deleted", "audit.log", "demo", "demo.", "Demo.x", "demo.x y", "demo.x\n", "demo.é", ""])
    func topicsOfTheProductAreRefused(topic: String) { #expect(problem(topic, DemoTopic.init(_:)) != nil) }

    @Test func producedEventCarriesTopicAndSender() throws {
        let event = try demo.produce(.string("hello"), key: "k", to: DemoTopic("demo.a"), by: session)
        #expect(product.data.events().last == event)
        #expect(event.type == .demo && event.topic == "demo.a" && event.userID == session.userID)
        #expect(event.data == ["topic": .string("demo.a"), "message": .string("hello"), "key": .string("k")])
    }

    @Test func secondDeliveryHasNoEffect() throws {
        let event = try demo.produce(.object(["a": .integer(1)]), key: nil, to: DemoTopic("demo.a"), by: session)
        try demo.consume(event)
        try demo.consume(event)
        let messages = try demo.consumed(by: session.userID, limit: 50)
        #expect(messages.map(\.eventID) == [event.id] && messages.first?.message == .object(["a": .integer(1)]))
        #expect(try demo.consumed(by: .random(), limit: 50).isEmpty)
    }

    @Test func eventsOfOtherTopicsAreNoMessages() {
        for data: [String: JSONValue] in [
            ["topic": .string("tenant.deleted"), "message": .integer(1)], ["topic": .string("demo.a")], [:],
        ] {
            let event = Event(.demo, tenant: .noTenant, user: session.userID, at: product.clock.now(), data: data)
            #expect(refusal { try demo.consume(event) } == .validationError)
        }
    }
}
