import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct OutboxRelayTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var tenant: Tenant { fixture.acme.tenant }

    init() throws { fixture = try EventFixture() }

    private func rung() throws -> [TenantID] { try product.doorbell.rings().map(\.tenant) }

    @Test func rungTenantsEventsAreDelivered() throws {
        let event = try fixture.emit(in: tenant)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(tenant).isEmpty)
    }

    @Test func tenantThatNobodyRangForIsLeftAlone() throws {
        try product.doorbell.silence(Ring(tenant: tenant.id, time: product.clock.now()))
        try fixture.emit(in: tenant)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen.isEmpty)
    }

    @Test func mainDatabasesEventsAreDeliveredWithoutARing() throws {
        try product.doorbell.silence(Ring(tenant: tenant.id, time: product.clock.now()))
        let event = try fixture.emit(in: nil)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen == [event.id] && fixture.waiting(nil).isEmpty)
    }

    @Test func ringIsKeptUntilNoCommitCanFollow() throws {
        product.clock.advance(by: .seconds(60))
        fixture.relay.run(timeout: .zero)
        #expect(try rung() == [tenant.id])
        // A transaction that began before the ring commits late.
        let late = try fixture.emit(in: tenant)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen == [late.id])
        product.clock.advance(by: .seconds(1))
        fixture.relay.run(timeout: .zero)
        #expect(try rung().isEmpty)
    }

    @Test func ringThatGrowsOldDuringTheDeliveryIsKept() throws {
        // What commits after the look must find its ring, however long the delivery took.
        let slow = DelayingHandler(.tenantDeleted) { [product] in product.clock.advance(by: .seconds(61)) }
        let log = Log(component: "test", level: .error, sink: { _ in })
        let relay = OutboxRelay(
            data: product.data, board: product.doorbell,
            dispatcher: Dispatcher(handlers: [slow], clock: product.clock, log: log), clock: product.clock, log: log)
        try fixture.emit(.tenantDeleted, in: tenant)
        relay.run(timeout: .zero)
        #expect(try rung() == [tenant.id])
        relay.run(timeout: .zero)
        #expect(try rung().isEmpty)
    }

    @Test func newRingSurvivesTheSilencingOfTheOld() throws {
        let old = try #require(try product.doorbell.rings().first)
        product.clock.advance(by: .seconds(61))
        product.doorbell.ring(tenant.id)
        try product.doorbell.silence(old)
        #expect(try rung() == [tenant.id])
    }

    @Test func unknownTenantIsSilenced() throws {
        let unknown = TenantID.random()
        product.doorbell.ring(unknown)
        fixture.relay.run(timeout: .zero)
        #expect(try rung() == [tenant.id])
    }

    @Test(arguments: [TenantState.deleting, .purged])
    func tenantThatIsGoneIsSilenced(_ state: TenantState) throws {
        try product.setState(state, of: tenant.id)
        try fixture.emit(in: tenant)
        fixture.relay.run(timeout: .zero)
        #expect(try rung().isEmpty && fixture.handler.seen.isEmpty)
    }

    @Test func suspendedTenantsEventsAreDelivered() throws {
        try product.setState(.suspended, suspendedBy: .admin, of: tenant.id)
        try fixture.emit(in: tenant)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen.count == 1)
    }

    @Test func tenantThatFailsDoesNotStopTheOthers() throws {
        product.clock.advance(by: .seconds(1))
        let other = try product.tenant("Other", by: fixture.ada).tenant
        try fixture.emit(in: tenant)
        let event = try fixture.emit(in: other)
        product.data.setCut(true, database: tenant.database.name)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen == [event.id])
        #expect(try rung() == [tenant.id, other.id])
        product.data.setCut(false, database: tenant.database.name)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen.count == 2)
    }

    @Test func lostMainDatabaseIsWaitedFor() throws {
        try fixture.emit(in: tenant)
        product.data.setCut(true)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen.isEmpty)
        product.data.setCut(false)
        fixture.relay.run(timeout: .zero)
        #expect(fixture.handler.seen.count == 1)
    }
}

/// Takes its time.
private struct DelayingHandler: EventHandler {
    let type: EventType
    private let body: @Sendable () -> Void

    init(_ type: EventType, _ body: @escaping @Sendable () -> Void) {
        self.type = type
        self.body = body
    }

    func handle(_ event: Event) throws(ErrorAnswer) { body() }
}
