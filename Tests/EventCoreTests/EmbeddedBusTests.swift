import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct EmbeddedBusTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var tenant: Tenant { fixture.acme.tenant }

    init() throws { fixture = try EventFixture() }

    @Test func deliveredEventIsForgotten() throws {
        let event = try fixture.emit(in: tenant)
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(tenant).isEmpty)
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 1)
    }

    @Test func eventsAreDeliveredInTheirOrder() throws {
        var ids: [EventID] = []
        for _ in 0..<5 {
            ids.append(try fixture.emit(in: tenant).id)
            product.clock.advance(by: .seconds(1))
        }
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen == ids)
    }

    @Test func failedEventIsTriedAgainLater() throws {
        let event = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 1 && fixture.waiting(tenant) == [event.id])
        #expect(product.data.attempts(of: event.id, in: tenant.database) == 1)
        product.clock.advance(by: .seconds(9))
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 1)
        fixture.handler.fail(with: nil)
        product.clock.advance(by: .seconds(4))
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 2 && fixture.waiting(tenant).isEmpty)
    }

    @Test func eventThatNamesNoFileIsDeadAndDoesNotStopTheNext() throws {
        try fixture.emit(.documentDeleted, in: tenant)
        product.clock.advance(by: .seconds(1))
        let good = try fixture.emit(in: tenant)
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen == [good.id] && fixture.waiting(tenant).isEmpty)
        #expect(product.data.deadLetters(of: tenant.database) == ["VALIDATION_ERROR: the event names no file"])
    }

    @Test func redeliveredEventHasNoSecondEffect() throws {
        let event = try fixture.emit(in: tenant)
        try fixture.deliver(tenant)
        try product.data.inTenant(tenant.database, .write) { repositories throws(ErrorAnswer) in
            try repositories.events.append(event)
        }
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(tenant).isEmpty)
    }

    @Test func suspendedTenantsEventsAreDelivered() throws {
        try product.setState(.suspended, suspendedBy: .admin, of: tenant.id)
        try fixture.emit(in: tenant)
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 1)
    }

    @Test func eventIsBuriedAfterTheLastAttempt() throws {
        let event = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable, cause: "disk on fire"))
        for attempts in 1...2 {
            try fixture.deliver(tenant)
            #expect(product.data.attempts(of: event.id, in: tenant.database) == attempts)
            product.clock.advance(by: .seconds(30))
        }
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 3 && fixture.waiting(tenant).isEmpty)
        #expect(product.data.deadLetters(of: tenant.database) == ["STORAGE_UNAVAILABLE: disk on fire"])
        product.clock.advance(by: .seconds(3600))
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.count == 3)
    }

    @Test func eventOfUnknownTypeIsBuriedAtOnce() throws {
        let event = Event(.fileProcess, tenant: tenant.id, user: nil, at: product.clock.now())
        product.data.plantUnknownEvent(event, in: tenant.database)
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen.isEmpty && fixture.waiting(tenant).isEmpty)
        #expect(
            product.data.deadLetters(of: tenant.database) == [
                "VALIDATION_ERROR: the event's type file.process is not known"
            ])
    }

    @Test func eventThatNobodyHandlesIsDone() throws {
        try fixture.emit(.auditLog, in: tenant)
        try fixture.deliver(tenant)
        #expect(fixture.waiting(tenant).isEmpty && product.data.deadLetters(of: tenant.database).isEmpty)
    }
}
