import Base
import Contract
import Domain
import TestSupport
import Testing

/// How tenants are made: whatever fails, a tenant is whole or not there.
@Suite struct TenantCreationTests {
    private let product: InMemoryProduct
    private let ada: User

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
    }

    private func create(_ name: String = "Acme") throws -> Tenant {
        try product.tenants.create(name: TenantName(name), by: ada.id)
    }

    private func expectNothing(_ location: SourceLocation = #_sourceLocation) {
        #expect(product.data.tenantRows == 0, sourceLocation: location)
        #expect(product.data.membershipRows == 0, sourceLocation: location)
        #expect(product.data.databases.isEmpty, sourceLocation: location)
        #expect(product.data.events().isEmpty, sourceLocation: location)
    }

    private func expectWhole(_ tenant: Tenant, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(try product.stored(tenant.id)?.state == .ready, sourceLocation: location)
        #expect(product.data.databases.contains(tenant.database.name), sourceLocation: location)
    }

    @Test func databaseThatWaitsIsTaken() throws {
        product.data.addSpareDatabase()
        product.provisioner.fail(at: [.beforeCreation])  // nothing has to be made
        try expectWhole(create())
        #expect(product.data.spareDatabases == 0)
        #expect(product.data.events().map(\.type) == [.tenantCreated])
        #expect(refusal { try create() } == .serviceUnavailable)
        #expect(product.data.tenantRows == 1 && product.data.membershipRows == 1)
    }

    @Test func databaseIsMadeWhenNoneWaits() throws {
        try expectWhole(create())
        #expect(product.data.spareDatabases == 0)
    }

    @Test(arguments: [InMemoryProvisioner.Step.beforeCreation, .afterCreation])
    func failedStepLeavesNothing(_ step: InMemoryProvisioner.Step) throws {
        product.provisioner.fail(at: [step])
        #expect(refusal { try create() } == .serviceUnavailable)
        expectNothing()
        product.provisioner.fail(at: [])
        try expectWhole(create())
    }

    @Test func mainDatabaseLostBeforeTheClaimLeavesNothing() throws {
        product.provisioner.duringNextPreparation { [product] in product.data.setCut(true) }
        #expect(refusal { try create() } == .serviceUnavailable)
        product.data.setCut(false)
        expectNothing()
        #expect(product.data.spareDatabases == 1)
    }

    @Test func claimThatFailsGivesTheDatabaseBack() throws {
        product.data.addSpareDatabase()
        #expect(refusal { try product.tenants.create(name: TenantName("Acme"), by: .random()) } == .conflict)
        expectNothing()
        #expect(product.data.spareDatabases == 1)
    }

    @Test func databaseThatOthersTookIsMadeAgain() throws {
        product.provisioner.duringNextPreparation { [product, ada] in
            #expect(throws: Never.self) { try product.tenants.create(name: TenantName("Faster"), by: ada.id) }
        }
        try expectWhole(create())
        #expect(product.data.tenantRows == 2 && product.data.databases.count == 2)
    }

    @Test func noMoreSignUpsWaitThanMay() throws {
        let service = TenantService(
            data: product.data, provisioner: product.provisioner, doorbell: product.doorbell, clock: product.clock,
            mostWaiting: 1)
        product.provisioner.duringNextPreparation { [ada] in
            // The one database goes to one who need not wait; the place for waiting is taken.
            #expect(throws: Never.self) { try service.create(name: TenantName("Faster"), by: ada.id) }
            #expect(refusal { try service.create(name: TenantName("Too many"), by: ada.id) } == .serviceUnavailable)
        }
        try expectWhole(service.create(name: TenantName("Acme"), by: ada.id))
        #expect(product.data.tenantRows == 2)
        // The place is free again.
        try expectWhole(service.create(name: TenantName("Next"), by: ada.id))
    }

    @Test func lostAnswerOfTheCommitKeepsTheTenant() throws {
        product.data.addSpareDatabase()
        product.data.loseAnswer(ofCommit: 1)
        try expectWhole(create())
        #expect(product.data.events().map(\.type) == [.tenantCreated])
    }
}
