import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct DispatcherTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var tenant: Tenant { fixture.acme.tenant }

    init() throws { fixture = try EventFixture() }

    @Test func deliveredEventIsForgotten() throws {
        let event = try fixture.emit(in: tenant)
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(tenant).isEmpty)
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 1)
    }

    @Test func eventsAreDeliveredInTheirOrder() throws {
        var ids: [EventID] = []
        for _ in 0..<5 {
            ids.append(try fixture.emit(in: tenant).id)
            product.clock.advance(by: .seconds(1))
        }
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen == ids)
    }

    @Test func failedEventIsTriedAgainLater() throws {
        let event = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 1 && fixture.waiting(tenant) == [event.id])
        #expect(product.data.attempts(of: event.id, in: tenant.database) == 1)
        product.clock.advance(by: .seconds(9))
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 1)
        fixture.handler.fail(with: nil)
        product.clock.advance(by: .seconds(4))
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 2 && fixture.waiting(tenant).isEmpty)
    }

    @Test func failedEventDoesNotStopTheNext() throws {
        let poison = try fixture.emit(.documentDeleted, in: tenant)  // names no file
        product.clock.advance(by: .seconds(1))
        let good = try fixture.emit(in: tenant)
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen == [good.id] && fixture.waiting(tenant) == [poison.id])
    }

    @Test func eventIsBuriedAfterTheLastAttempt() throws {
        let event = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable, cause: "disk on fire"))
        for attempts in 1...2 {
            try fixture.relay.deliver(tenant)
            #expect(product.data.attempts(of: event.id, in: tenant.database) == attempts)
            product.clock.advance(by: .seconds(30))
        }
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 3 && fixture.waiting(tenant).isEmpty)
        #expect(product.data.deadLetters(of: tenant.database) == ["STORAGE_UNAVAILABLE: disk on fire"])
        product.clock.advance(by: .seconds(3600))
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.count == 3)
    }

    @Test func eventOfUnknownTypeIsBuriedAtOnce() throws {
        let event = Event(.fileProcess, tenant: tenant.id, user: nil, at: product.clock.now())
        product.data.plantUnknownEvent(event, in: tenant.database)
        try fixture.relay.deliver(tenant)
        #expect(fixture.handler.seen.isEmpty && fixture.waiting(tenant).isEmpty)
        #expect(product.data.deadLetters(of: tenant.database) == ["the event's type is not known"])
    }

    @Test func eventThatNobodyHandlesIsDone() throws {
        try fixture.emit(.auditLog, in: tenant)
        try fixture.relay.deliver(tenant)
        #expect(fixture.waiting(tenant).isEmpty && product.data.deadLetters(of: tenant.database).isEmpty)
    }
}
