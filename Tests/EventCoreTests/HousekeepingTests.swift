import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct HousekeepingTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var acme: TenantAccess { fixture.acme }

    init() throws { fixture = try EventFixture() }

    @Test func eventWithoutARingIsFound() throws {
        let event = try fixture.emit(in: acme.tenant)
        fixture.housekeeping.sweep { true }
        #expect(fixture.handler.seen == [event.id])
    }

    @Test func tenantThatFailsDoesNotStopTheOthers() throws {
        var tenants = [acme.tenant]
        for name in ["B", "C"] {
            product.clock.advance(by: .seconds(1))
            tenants.append(try product.tenant(name, by: fixture.ada).tenant)
        }
        for tenant in tenants { try fixture.emit(in: tenant) }
        product.data.dropDatabase(tenants[1].database.name)
        fixture.housekeeping.sweep { true }
        #expect(fixture.handler.seen.count == 2)
        #expect(fixture.waiting(tenants[0]).isEmpty && fixture.waiting(tenants[2]).isEmpty)
    }

    @Test func moreTenantsThanOneBatchAreSwept() throws {
        for index in 0..<120 {
            let tenant = try product.tenant("T\(index)", by: fixture.ada).tenant
            try fixture.emit(in: tenant)
        }
        fixture.housekeeping.sweep { true }
        #expect(fixture.handler.seen.count == 120)
    }

    @Test func sweepStopsWhenToldTo() throws {
        try fixture.emit(in: acme.tenant)
        fixture.housekeeping.sweep { false }
        #expect(fixture.handler.seen.isEmpty)
    }

    @Test func whatNeverEndedIsRemoved() throws {
        let grant = try product.grant(fixture.ada, acme)
        guard case .push(let target) = try product.uploads.resolve(InMemoryProduct.resolution(of: "a", grant: grant))
        else { return #expect(Bool(false), "known content") }
        product.objects.put(target.key)
        fixture.housekeeping.sweep { true }
        #expect(product.objects.keys == [target.key])
        product.clock.advance(by: .seconds(6 * 3600 + 1))
        fixture.housekeeping.sweep { true }
        #expect(product.objects.keys.isEmpty)
    }

    @Test func orphansAreRemovedWhenTheyAreOldEnough() throws {
        let document = try product.upload("a", by: fixture.ada, to: acme)
        // The document goes, and its event is lost.
        try product.data.inTenant(acme.tenant.database, .write) { tenant throws(ErrorAnswer) in
            try tenant.documents.remove(document.id)
        }
        fixture.housekeeping.sweep { true }
        #expect(product.objects.keys == [document.file.key])
        product.clock.advance(by: .seconds(3601))
        fixture.housekeeping.sweep { true }
        #expect(product.objects.keys.isEmpty)
    }

    @Test func endedTokenFamiliesAreForgottenAfterADay() throws {
        let first = try product.login(fixture.ada).tokens
        _ = try product.login(fixture.ada)
        try product.auth.logout(product.auth.session(accessToken: first.access))
        fixture.housekeeping.sweep { true }
        #expect(product.data.familyRows == 2)
        product.clock.advance(by: .seconds(86_401))
        fixture.housekeeping.sweep { true }
        #expect(product.data.familyRows == 1 && product.data.liveFamilies == 1)
    }

    @Test func lostMainDatabaseEndsTheRound() throws {
        product.data.setCut(true)
        fixture.housekeeping.sweep { true }
        product.data.setCut(false)
        try fixture.emit(in: acme.tenant)
        fixture.housekeeping.sweep { true }
        #expect(fixture.handler.seen.count == 1)
    }

}
