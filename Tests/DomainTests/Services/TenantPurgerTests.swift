import Base
import Contract
import Crypto
import Domain
import TestSupport
import Testing

@Suite struct TenantPurgerTests {
    private static let grace: Duration = .seconds(86_400)

    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let other: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        other = try product.tenant("Other", by: ada)
        for content in ["a", "b", "c"] { _ = try product.upload(content, by: ada, to: acme) }
        _ = try product.upload("a", by: ada, to: other)
    }

    private func purger(_ process: DyingProcess = DyingProcess(at: nil)) -> TenantPurger {
        TenantPurger(
            data: DyingUnitOfWork(process: process, data: product.data),
            provisioner: DyingProvisioner(process: process, provisioner: product.provisioner),
            census: InMemoryCensus(process: process, data: product.data),
            inventory: DyingInventory(process: process, inventory: product.objects), grace: Self.grace,
            performer: "test", clock: product.clock)
    }

    private func record() throws -> TenantDeletion? {
        try product.data.inMain(.read) { main throws(ErrorAnswer) in try main.purges.findDeletion(acme.tenant.id) }
    }

    private func keys(of tenant: TenantID) -> [String] {
        product.objects.keys.filter { $0.hasPrefix("tenants/\(tenant)/") }.sorted()
    }

    /// Everything is gone, and nobody else has lost anything.
    private func expectPurged() throws {
        let stored = try product.stored(acme.tenant.id)
        #expect(stored?.state == .purged && stored?.name.text == "purged")
        #expect(stored?.database.name != acme.tenant.database.name)
        #expect(product.data.databases == [other.tenant.database.name])
        #expect(keys(of: acme.tenant.id).isEmpty && keys(of: other.tenant.id).count == 1)
        #expect(product.data.membershipRows == 1)
        let left = product.data.events().filter { $0.tenantID == acme.tenant.id }
        #expect(left.allSatisfy { $0.type == .tenantDeleted })
        let record = try record()
        #expect(record?.finishedAt != nil && record?.census?.tableRows == ["documents": 3])
        #expect(record?.manifest?.objects == 3)
    }

    @Test func nothingHappensBeforeTheGraceTimeIsOver() throws {
        try product.tenants.delete(acme)
        product.clock.advance(by: Self.grace)
        #expect(try purger().purgeDue { true }.isEmpty)
        #expect(try product.stored(acme.tenant.id)?.state == .deleting)
        #expect(product.data.databases.contains(acme.tenant.database.name))
    }

    @Test func deletedTenantIsPurgedWithARecord() throws {
        let listed = keys(of: acme.tenant.id)
        try product.tenants.delete(acme)
        product.clock.advance(by: Self.grace + .seconds(1))
        let done = try purger().purgeDue { true }
        #expect(done.map(\.tenantID) == [acme.tenant.id])
        try expectPurged()
        let manifest = listed.map { "\($0) \($0.utf8.count)\n" }.joined()
        let record = try record()
        #expect(record?.manifest?.sha256 == Hex.encode(Digest.sha256(Array(manifest.utf8))))
        #expect(record?.requestedBy == ada.id && record?.carriedOutBy == "test")
        #expect(product.data.audit().contains { $0.action == .purgeTenant && $0.tenantID == acme.tenant.id })
    }

    @Test(arguments: [false, true]) func deathAtAnyStepIsGoneOnFrom(afterwards: Bool) throws {
        let whole = DyingProcess(at: nil)
        do {
            let fresh = try TenantPurgerTests()
            try fresh.product.tenants.delete(fresh.acme)
            _ = try fresh.purger(whole).purge(fresh.acme.tenant.id)
        }
        #expect(whole.calls > 12)
        for call in 1...whole.calls {
            let fresh = try TenantPurgerTests()
            try fresh.product.tenants.delete(fresh.acme)
            _ = try? fresh.purger(DyingProcess(at: call, afterwards: afterwards)).purge(fresh.acme.tenant.id)
            // Nobody takes it over while its worker may be alive.
            fresh.product.clock.advance(by: .seconds(31))
            _ = try fresh.purger().purgeDue { true }
            if try fresh.product.stored(fresh.acme.tenant.id)?.state == .deleting {
                // It died before it had taken anything on.
                #expect(call == 1 && !afterwards)
                _ = try fresh.purger().purge(fresh.acme.tenant.id)
            }
            try fresh.expectPurged()
        }
    }

    @Test func purgeThatIsUnderWayIsLeftAlone() throws {
        try product.tenants.delete(acme)
        _ = try? purger(DyingProcess(at: 5)).purge(acme.tenant.id)
        #expect(refusal { try purger().purge(acme.tenant.id) } == .conflict)
        #expect(try purger().purgeDue { true }.isEmpty)
    }

    @Test func objectThatComesLateIsRemovedWhenThePurgeSettles() throws {
        try product.tenants.delete(acme)
        _ = try purger().purge(acme.tenant.id)
        product.objects.put("tenants/\(acme.tenant.id)/files/2027/01/late")
        product.clock.advance(by: .seconds(3600))
        _ = try purger().purgeDue { true }
        #expect(try record()?.settledAt == nil)
        product.clock.advance(by: .seconds(7 * 3600))
        _ = try purger().purgeDue { true }
        #expect(keys(of: acme.tenant.id).isEmpty)
        #expect(try record()?.stragglers == 1 && record()?.settledAt != nil)
    }

    @Test func uploadUnderWayIsRefusedForGood() throws {
        let grant = try product.grant(ada, acme)
        guard case .push(let target) = try product.uploads.resolve(InMemoryProduct.resolution(of: "d", grant: grant))
        else { return #expect(Bool(false), "known content") }
        try product.tenants.delete(acme)
        _ = try purger().purge(acme.tenant.id)
        product.objects.put(target.key)
        guard case .refused(let error) = try product.uploads.commit(SettleUpload(grant: grant)) else {
            return #expect(Bool(false), "committed")
        }
        #expect(error.code == .tenantNotFound)
    }

    @Test func livingTenantIsNotPurged() throws {
        #expect(refusal { try purger().purge(acme.tenant.id) } == .conflict)
        #expect(refusal { try purger().purge(.random()) } == .tenantNotFound)
        #expect(keys(of: acme.tenant.id).count == 3)
    }

    @Test func purgedTenantAnswersWithItsRecord() throws {
        try product.tenants.delete(acme)
        let first = try purger().purge(acme.tenant.id)
        #expect(try purger().purge(acme.tenant.id) == first)
    }

    @Test func lostDatabaseDoesNotStopAPurge() throws {
        try product.tenants.delete(acme)
        product.data.dropDatabase(acme.tenant.database.name)
        let record = try purger().purge(acme.tenant.id)
        #expect(record.census == nil && record.manifest?.objects == 3)
    }

    @Test func failingTenantDoesNotStopTheOthers() throws {
        let third = try product.tenant("Third", by: ada)
        for access in [acme, third] { try product.tenants.delete(access) }
        product.clock.advance(by: Self.grace + .seconds(1))
        product.provisioner.failNextRemoval()
        #expect(refusal { try purger().purgeDue { true } } == .serviceUnavailable)
        let states = try [acme, third].map { try product.stored($0.tenant.id)?.state }
        #expect(states.contains(.purged) && states.contains(.deleting))
    }
}
