import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct TenantServiceTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
    }

    @Test func creatorIsAdminOfAReadyTenantWithItsDatabase() throws {
        #expect(acme.tenant.state == .ready && acme.tenant.createdBy == ada.id)
        #expect(product.data.databases == [acme.tenant.database.name])
        let members = try product.members.list(acme, page: PageRequest()).elements
        #expect(members.map(\.user.id) == [ada.id] && members.first?.role == .admin)
    }

    @Test func creationIsTold() {
        let event = product.data.events().first
        #expect(event?.type == .tenantCreated && event?.tenantID == acme.tenant.id && event?.userID == ada.id)
        #expect(
            event?.data == ["name": .string("Acme"), "database_name": .string(acme.tenant.database.name)])
    }

    @Test func adminSuspendsAndResumes() throws {
        let suspended = try product.tenants.update(acme, name: nil, isActive: false)
        #expect(suspended.state == .suspended && suspended.suspendedBy == .admin)
        #expect(try product.tenants.update(acme, name: nil, isActive: false).state == .suspended)
        let resumed = try product.tenants.update(acme, name: nil, isActive: true)
        #expect(resumed.state == .ready && resumed.suspendedBy == nil)
        #expect(try product.tenants.update(acme, name: nil, isActive: true).state == .ready)
    }

    @Test func adminCannotUndoTheOperatorsSuspension() throws {
        try product.setState(.suspended, suspendedBy: .operator, of: acme.tenant.id)
        #expect(refusal { try product.tenants.update(acme, name: nil, isActive: true) } == .tenantSuspended)
        let name = try TenantName("New")
        #expect(refusal { try product.tenants.update(acme, name: name, isActive: nil) } == .tenantSuspended)
        #expect(refusal { try product.tenants.delete(acme) } == .tenantSuspended)
        #expect(try product.stored(acme.tenant.id)?.suspendedBy == .operator)
    }

    @Test func refusedResumptionChangesNoName() throws {
        try product.setState(.suspended, suspendedBy: .operator, of: acme.tenant.id)
        _ = try? product.tenants.update(acme, name: TenantName("New"), isActive: true)
        #expect(try product.stored(acme.tenant.id)?.name.text == "Acme")
    }

    @Test func changeKeepsTheDatabase() throws {
        product.clock.advance(by: .seconds(5))
        let renamed = try product.tenants.update(acme, name: TenantName("Renamed"), isActive: nil)
        #expect(renamed.name.text == "Renamed" && renamed.database == acme.tenant.database)
        #expect(renamed.updatedAt == product.clock.now() && renamed.createdAt == acme.tenant.createdAt)
    }

    @Test func deletionIsSoftAndTold() throws {
        product.clock.advance(by: .seconds(1))
        try product.tenants.delete(acme)
        #expect(try product.stored(acme.tenant.id)?.state == .deleting)
        #expect(product.data.databases.contains(acme.tenant.database.name))
        #expect(product.data.events().map(\.type) == [.tenantCreated, .tenantDeleted])
        #expect(try product.users.memberships(of: ada.id, includingSuspended: true, page: PageRequest()).total == 0)
    }

    @Test func deletedTenantCanBeNeitherChangedNorDeletedAgain() throws {
        try product.tenants.delete(acme)
        #expect(refusal { try product.tenants.delete(acme) } == .tenantNotFound)
        #expect(refusal { try product.tenants.update(acme, name: nil, isActive: true) } == .tenantNotFound)
        #expect(product.data.events().count == 2)
    }

    @Test func suspendedTenantCanBeDeleted() throws {
        try product.setState(.suspended, suspendedBy: .admin, of: acme.tenant.id)
        try product.tenants.delete(acme)
        #expect(try product.stored(acme.tenant.id)?.suspendedBy == nil)
    }
}
