import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

/// The relay with its own thread, on services in memory.
@Suite struct OutboxRelayTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var tenant: Tenant { fixture.acme.tenant }

    init() throws { fixture = try EventFixture() }

    /// Runs the body while the relay works.
    private func working(_ body: () throws -> Void) rethrows {
        let thread = WorkerThread(name: "relay") { [relay = fixture.relay] in relay.work() }
        defer {
            fixture.relay.stop()
            thread.join()
        }
        try body()
    }

    private func ring(_ tenant: Tenant) { fixture.relay.ring(.tenant(tenant.id)) }

    @Test func aRungOutboxIsEmptied() throws {
        let events = [try fixture.emit(in: tenant).id, try fixture.emit(in: tenant).id]
        working {
            ring(tenant)
            #expect(fixture.handler.wait { $0 == events })
        }
    }

    @Test func anEventThatCommitsAfterItsRingIsFound() throws {
        try working {
            ring(tenant)
            let event = try fixture.emit(in: tenant)
            #expect(fixture.handler.wait { $0 == [event.id] })
        }
    }

    @Test func eventsOfTheTenantItselfAreFoundInTheMainDatabase() throws {
        let event = try fixture.emit(in: nil)
        working {
            fixture.relay.ring(.main)
            #expect(fixture.handler.wait { $0.contains(event.id) })
        }
    }

    @Test func aTenantThatFailsDoesNotStopTheOthersAndComesLater() throws {
        let other = try product.tenant("Other", by: fixture.ada).tenant
        let (late, good) = (try fixture.emit(in: tenant), try fixture.emit(in: other))
        product.data.setCut(true, database: tenant.database.name)
        working {
            ring(tenant)
            ring(other)
            #expect(fixture.handler.wait { $0 == [good.id] })
            product.data.setCut(false, database: tenant.database.name)
            #expect(fixture.handler.wait { $0 == [good.id, late.id] })
        }
    }

    @Test func anUnknownOrDeletedTenantIsLeftAlone() throws {
        let gone = try product.tenant("Gone", by: fixture.ada).tenant
        let left = try fixture.emit(in: gone)
        try product.setState(.deleting, of: gone.id)
        let good = try fixture.emit(in: tenant)
        working {
            fixture.relay.ring(.tenant(.random()))
            ring(gone)
            ring(tenant)
            #expect(fixture.handler.wait { $0 == [good.id] })
        }
        #expect(fixture.waiting(gone) == [left.id])
    }

    @Test func theMainDatabaseMayBeLostForAWhile() throws {
        let event = try fixture.emit(in: tenant)
        product.data.setCut(true)
        working {
            ring(tenant)
            #expect(fixture.handler.seen.isEmpty)
            product.data.setCut(false)
            #expect(fixture.handler.wait { $0 == [event.id] })
        }
    }

    @Test func eventsOfOneAggregateKeepTheirOrderThroughAFailure() throws {
        let document = ["document_id": JSONValue.string("d")]
        let first = try fixture.emit(in: tenant, data: document)
        let second = try fixture.emit(in: tenant, data: document)
        let other = try fixture.emit(in: tenant)
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        try fixture.deliver(tenant)
        #expect(fixture.handler.seen == [first.id, other.id])
        fixture.handler.fail(with: nil)
        product.clock.advance(by: .seconds(20))
        try fixture.deliver(tenant)
        #expect(Array(fixture.handler.seen.suffix(3)).filter { $0 != other.id } == [first.id, second.id])
        #expect(fixture.waiting(tenant).isEmpty)
    }

    @Test func ringsThatWereMissedAreReadFromTheBoard() throws {
        let event = try fixture.emit(in: tenant)
        product.doorbell.ring(.tenant(tenant.id))
        let listener = WorkerThread(name: "doorbell") { [relay = fixture.relay] in relay.listen() }
        working { #expect(fixture.handler.wait { $0 == [event.id] }) }
        listener.join()
    }

    @Test func whatStaysBehindIsNoted() throws {
        fixture.handler.fail(with: ErrorAnswer(.storageUnavailable))
        try fixture.emit(in: tenant)
        try fixture.emit(.documentDeleted, in: tenant)
        try fixture.deliver(tenant)
        let backlog = try product.data.inMain(.read) { main throws(ErrorAnswer) in
            try main.operations.totalBacklog()
        }
        #expect(backlog.pending == 1 && backlog.dead == 1)
    }
}
