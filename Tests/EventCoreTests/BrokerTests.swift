import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

/// From outbox to broker and from broker to handler.
@Suite struct BrokerTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var tenant: Tenant { fixture.acme.tenant }
    private var places: [EventPlace] { [.main, .tenant(tenant.database)] }

    init() throws { fixture = try EventFixture() }

    /// Sends what is due in these outboxes and has what arrives handled; whether all of it was handled to its end.
    @discardableResult
    private func pass(_ places: [EventPlace]? = nil) throws -> Bool {
        for place in places ?? self.places { _ = try fixture.brokerBus.drain(place) { true } }
        return fixture.broker.read().allSatisfy { fixture.reader.handle($0) { true } }
    }

    private func handle(_ event: Event) -> Bool {
        fixture.reader.handle(message(EventEnvelope(event).jsonBytes, topic: event.type.rawValue)) { true }
    }

    private func message(_ payload: [UInt8], topic: String = "file.process", offset: Int64 = 0) -> BrokerReader.Message
    {
        BrokerReader.Message(
            place: MessagePlace(topic: topic, partition: 0, offset: offset), key: nil, payload: payload)
    }

    private func rejected() throws -> [RejectedMessage] {
        try product.data.inMain(.read) { main throws(ErrorAnswer) in
            try main.operations.rejected(after: nil, limit: 100)
        }
    }

    @Test func anEventGoesThroughAndIsForgotten() throws {
        let event = try fixture.emit(in: tenant)
        #expect(try pass())
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(tenant).isEmpty)
        #expect(fixture.broker.sent.last?.key == Array(tenant.id.description.utf8))
    }

    @Test func aMessageThatComesTwiceHasOneEffect() throws {
        let event = try fixture.emit(in: tenant)
        #expect(handle(event) && handle(event))
        #expect(fixture.handler.seen == [event.id])
    }

    @Test func aBrokerThatIsAwayLosesNothingAndKeepsTheOrder() throws {
        fixture.broker.setAway(true)
        let first = try fixture.emit(in: tenant)
        #expect(try fixture.brokerBus.drain(.tenant(tenant.database)) { true }.again != nil)
        #expect(!fixture.brokerBus.isUp && fixture.waiting(tenant) == [first.id])
        fixture.broker.setAway(false)
        product.clock.advance(by: .seconds(1))
        let second = try fixture.emit(in: tenant)
        while !fixture.brokerBus.isUp { try pass() }
        #expect(fixture.handler.seen == [first.id, second.id] && fixture.waiting(tenant).isEmpty)
    }

    @Test func whatIsTooLargeForTheBrokerIsDeadAndTheRestGoesOn() throws {
        try fixture.emit(in: tenant, data: ["text": .string(String(repeating: "x", count: 2_000_000))])
        let good = try fixture.emit(in: tenant)
        try pass()
        #expect(fixture.handler.seen == [good.id])
        #expect(product.data.deadLetters(of: tenant.database) == ["too large"])
    }

    @Test func aFailedEventGoesBackWithItsTriesAndDiesAfterTheLast() throws {
        let bad = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable, cause: "away"))
        #expect(try pass())
        // Two tries at once, and the third when it is due.
        #expect(fixture.handler.seen.count == 2)
        #expect(product.data.attempts(of: bad.id, in: tenant.database) == 2)
        #expect(try pass())
        #expect(fixture.handler.seen.count == 2)
        product.clock.advance(by: .seconds(100))
        #expect(try pass())
        #expect(fixture.handler.seen.count == 3 && fixture.waiting(tenant).isEmpty)
        #expect(product.data.deadLetters(of: tenant.database) == ["STORAGE_UNAVAILABLE: away"])
        let letter = try #require(fixture.broker.sent.last)
        #expect(letter.topic == "file.process.dlq")
        #expect(letter.headers.contains { $0 == ("attempts", "3") })
    }

    @Test func anEventThatWaitsForItsNextTryHoldsBackItsAggregateAlone() throws {
        let file = ["document_id": JSONValue.string("d")]
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        let failed = try fixture.emit(in: tenant, data: file)
        try pass()
        fixture.handler.fail(with: nil)
        let same = try fixture.emit(in: tenant, data: file)
        let other = try fixture.emit(in: tenant)
        try pass()
        #expect(fixture.handler.seen.last == other.id && Set(fixture.waiting(tenant)) == [failed.id, same.id])
        product.clock.advance(by: .seconds(100))
        try pass()
        #expect(fixture.handler.seen.suffix(2) == [failed.id, same.id])
    }

    @Test func hundredsOfMalformedEventsOfOneTenantHoldNobodyUp() throws {
        for number in 0..<200 {
            let event = Event(.documentDeleted, tenant: tenant.id, user: nil, at: product.clock.now())
            #expect(handle(event), "\(number)")
        }
        let other = try product.tenant("Other", by: fixture.ada).tenant
        let good = try fixture.emit(in: other)
        #expect(handle(good))
        #expect(fixture.handler.seen == [good.id] && fixture.fuse.alarm == nil)
        #expect(product.data.deadLetters(of: tenant.database).count == 200)
    }

    @Test func anOutageGivesUpFewAndAllOthersComeWhenItIsOver() throws {
        var tenants = [tenant]
        for number in 0..<5 { tenants.append(try product.tenant("T\(number)", by: fixture.ada).tenant) }
        let places = tenants.map { EventPlace.tenant($0.database) }
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        for tenant in tenants { for _ in 0..<10 { try fixture.emit(in: tenant) } }
        for _ in 0..<6 {
            #expect(try pass(places))
            product.clock.advance(by: .seconds(200))
        }
        let dead = tenants.reduce(0) { $0 + product.data.deadLetters(of: $1.database).count }
        #expect(dead < 20 && fixture.fuse.alarm != nil)
        fixture.handler.fail(with: nil)
        #expect(try pass(places))
        #expect(tenants.allSatisfy { fixture.waiting($0).isEmpty })
        #expect(fixture.fuse.alarm == nil)
    }

    @Test func aTenantsLostDatabaseHoldsNobodyUpAndItsEventsComeLater() throws {
        let other = try product.tenant("Other", by: fixture.ada).tenant
        let (lost, good) = (try fixture.emit(in: tenant), try fixture.emit(in: other))
        for place in [tenant, other] { _ = try fixture.brokerBus.drain(.tenant(place.database)) { true } }
        product.data.setCut(true, database: tenant.database.name)
        #expect(fixture.broker.read().allSatisfy { fixture.reader.handle($0) { true } })
        #expect(fixture.handler.seen == [good.id])
        // It waits in the main outbox, and is not given up however long that takes.
        for _ in 0..<5 {
            product.clock.advance(by: .seconds(200))
            #expect(try pass([.main]))
        }
        #expect(fixture.waiting(nil).contains(lost.id))
        product.data.setCut(false, database: tenant.database.name)
        product.clock.advance(by: .seconds(200))
        #expect(try pass([.main]))
        #expect(fixture.handler.seen == [good.id, lost.id] && !fixture.waiting(nil).contains(lost.id))
    }

    @Test func withoutTheMainDatabaseTheMessageComesAgain() throws {
        let event = try fixture.emit(in: tenant)
        product.data.setCut(true)
        #expect(!handle(event))
        product.data.setCut(false)
        #expect(handle(event))
        #expect(fixture.handler.seen == [event.id])
    }

    @Test func whatIsNoEventIsPutAsideOnce() throws {
        #expect(fixture.reader.handle(message(Array("not json".utf8))) { true })
        #expect(fixture.reader.handle(message(Array("not json".utf8))) { true })
        let forged = Event(.documentDeleted, tenant: .random(), user: nil, at: product.clock.now())
        #expect(fixture.reader.handle(message(EventEnvelope(forged).jsonBytes, topic: "audit.log", offset: 1)) { true })
        #expect(
            fixture.reader.handle(message(EventEnvelope(forged).jsonBytes, topic: "document.deleted", offset: 2)) {
                true
            })
        #expect(
            try rejected().map(\.cause).sorted() == [
                "the event's tenant is not known", "the message is not a JSON object",
                "the topic is another type's",
            ])
        #expect(
            fixture.broker.sent.filter { $0.topic == "file.process.dlq" }.map(\.payload).first == Array("not json".utf8)
        )
    }

    @Test func aDemoMessageGoesToItsOwnTopicAndComesBack() throws {
        let event = Event(
            .demo, tenant: .noTenant, user: fixture.ada.id, at: product.clock.now(),
            data: ["topic": .string("demo.greetings"), "message": .string("hello")])
        try product.data.inMain(.write) { main throws(ErrorAnswer) in try main.events.append(event) }
        #expect(try pass([.main]))
        #expect(fixture.broker.sent.map(\.topic).contains("demo.greetings"))
        #expect(try rejected().isEmpty && fixture.waiting(nil).filter { $0 == event.id }.isEmpty)
    }

    @Test func aRefusedMessageIsJudgedAnewOnReplay() throws {
        let log = Log(component: "test", level: .error, sink: { _ in })
        let desk = ReplayDesk(data: product.data, relay: fixture.relay, clock: product.clock, log: log)
        let event = Event(.fileProcess, tenant: tenant.id, user: nil, at: product.clock.now())
        let stranger = Event(.fileProcess, tenant: .random(), user: nil, at: product.clock.now())
        for (offset, payload) in [EventEnvelope(stranger).jsonBytes, Array("{".utf8)].enumerated() {
            #expect(fixture.reader.handle(message(payload, offset: Int64(offset))) { true })
        }
        // What was refused by an older version that did not know the tenant or the type.
        let place = MessagePlace(topic: "file.process", partition: 1, offset: 7)
        try product.data.inMain(.write) { main throws(ErrorAnswer) in
            try main.operations.reject(
                RejectedMessage(
                    place: place, cause: "?", payload: EventEnvelope(event).jsonBytes, at: product.clock.now()))
            _ = try main.operations.requestReplay(.rejected(nil), event: nil, at: product.clock.now())
        }
        try desk.work()
        #expect(fixture.waiting(tenant) == [event.id])
        #expect(try rejected().count == 2 && !rejected().contains { $0.place == place })
    }
}
