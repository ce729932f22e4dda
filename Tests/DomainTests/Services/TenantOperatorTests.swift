import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct TenantOperatorTests {
    private let product: InMemoryProduct
    private let acme: TenantAccess
    private let ada: User
    private let tenants: TenantOperator

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        tenants = TenantOperator(data: product.data, doorbell: product.doorbell, clock: product.clock)
    }

    private func purge() throws -> TenantPurge? {
        try product.data.inMain(.read) { main throws(ErrorAnswer) in try main.purges.find(acme.tenant.id) }
    }

    @Test func suspensionIsTheOperatorsAloneToEnd() throws {
        #expect(try tenants.suspend(acme.tenant.id).suspendedBy == .operator)
        #expect(refusal { try product.tenants.update(acme, name: nil, isActive: true) } == .tenantSuspended)
        #expect(refusal { try product.tenants.delete(acme) } == .tenantSuspended)
        #expect(try tenants.resume(acme.tenant.id).state == .ready)
        #expect(try product.tenants.update(acme, name: nil, isActive: false).suspendedBy == .admin)
    }

    @Test func adminsSuspensionBecomesTheOperators() throws {
        _ = try product.tenants.update(acme, name: nil, isActive: false)
        #expect(try tenants.suspend(acme.tenant.id).suspendedBy == .operator)
        #expect(refusal { try product.tenants.update(acme, name: nil, isActive: true) } == .tenantSuspended)
    }

    @Test func everyChangeIsToldOnce() throws {
        _ = try tenants.suspend(acme.tenant.id)
        _ = try tenants.suspend(acme.tenant.id)
        product.clock.advance(by: .seconds(1))
        _ = try tenants.resume(acme.tenant.id)
        let entries = product.data.audit().filter { $0.actorID == nil && $0.tenantID == acme.tenant.id }
        #expect(entries.map(\.action) == [.suspendTenant, .resumeTenant])
        #expect(entries.allSatisfy { $0.details["by"] == .string("operator") })
        #expect(product.data.events().filter { $0.type == .auditLog }.count == 2)
    }

    @Test func runningUploadFailsAtItsCommit() throws {
        let grant = try product.grant(ada, acme)
        _ = try product.uploads.resolve(InMemoryProduct.resolution(of: "x", grant: grant))
        _ = try tenants.suspend(acme.tenant.id)
        guard case .refused(let error) = try product.uploads.commit(SettleUpload(grant: grant)) else {
            return #expect(Bool(false), "committed")
        }
        #expect(error.code == .tenantSuspended)
        _ = try tenants.resume(acme.tenant.id)
        guard case .refused = try product.uploads.commit(SettleUpload(grant: grant)) else {
            return #expect(Bool(false), "a refused upload was committed")
        }
    }

    @Test func deletionIsTakenBackToWhatWasBefore() throws {
        #expect(try tenants.delete(acme.tenant.id).state == .deleting)
        #expect(try purge() != nil)
        #expect(try tenants.undelete(acme.tenant.id).state == .ready)
        #expect(try purge() == nil)
        _ = try tenants.suspend(acme.tenant.id)
        _ = try tenants.delete(acme.tenant.id)
        #expect(try tenants.undelete(acme.tenant.id).suspendedBy == .operator)
    }

    @Test func adminsDeletionIsTakenBackToo() throws {
        _ = try product.tenants.update(acme, name: nil, isActive: false)
        try product.tenants.delete(acme)
        #expect(try purge()?.requestedBy == ada.id)
        #expect(try tenants.undelete(acme.tenant.id).suspendedBy == .admin)
        #expect(try product.members.list(acme, page: PageRequest()).elements.count == 1)
    }

    @Test func thereIsNoWayBackFromAPurgeThatHasBegun() throws {
        _ = try tenants.delete(acme.tenant.id)
        let lease = product.clock.now() + .seconds(30)
        _ = try product.data.inMain(.write) { main throws(ErrorAnswer) in
            try main.purges.advance(acme.tenant.id, from: .waiting, to: .census, leaseExpires: lease)
        }
        #expect(refusal { try tenants.undelete(acme.tenant.id) } == .conflict)
        #expect(try product.stored(acme.tenant.id)?.state == .deleting)
    }

    @Test func deletedTenantIsNeitherSuspendedNorResumed() throws {
        _ = try tenants.delete(acme.tenant.id)
        #expect(refusal { try tenants.suspend(acme.tenant.id) } == .conflict)
        #expect(refusal { try tenants.resume(acme.tenant.id) } == .conflict)
        #expect(try tenants.delete(acme.tenant.id).state == .deleting)
        #expect(refusal { try tenants.suspend(.random()) } == .tenantNotFound)
    }
}
