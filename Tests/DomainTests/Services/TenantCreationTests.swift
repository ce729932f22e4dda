import Base
import Contract
import Domain
import TestSupport
import Testing

/// The saga that makes a tenant: whatever fails, a tenant is whole or not there.
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

    @Test(arguments: [InMemoryProvisioner.Step.beforeCreation, .afterCreation])
    func failedStepLeavesNothing(_ step: InMemoryProvisioner.Step) throws {
        product.provisioner.fail(at: [step])
        #expect(refusal { try create() } == .serviceUnavailable)
        expectNothing()
        product.provisioner.fail(at: [])
        try expectWhole(create())
    }

    @Test func mainDatabaseLostBeforeActivationLeavesNothingLater() throws {
        product.provisioner.duringNextPreparation { [product] in product.data.setCut(true) }
        #expect(refusal { try create() } == .serviceUnavailable)
        product.data.setCut(false)
        // The row was out of reach: it waits for the event worker.
        #expect(product.data.tenantRows == 1)
        product.clock.advance(by: .seconds(31))
        #expect(try product.tenants.discardUnfinished() == 1)
        expectNothing()
    }

    @Test func whatCannotBeUndoneAtOnceIsUndoneLater() throws {
        product.provisioner.fail(at: [.afterCreation, .removal])
        #expect(refusal { try create() } == .serviceUnavailable)
        #expect(product.data.tenantRows == 1 && product.data.databases.count == 1)
        product.provisioner.fail(at: [])
        #expect(try product.tenants.discardUnfinished() == 0)  // its maker may be alive still
        product.clock.advance(by: .seconds(31))
        #expect(try product.tenants.discardUnfinished() == 1)
        expectNothing()
    }

    @Test func unfinishedCreationIsTakenOverByTheNextTry() throws {
        product.provisioner.fail(at: [.afterCreation, .removal])
        _ = try? create()
        let unfinished = product.data.creatingTenants
        product.provisioner.fail(at: [])
        product.clock.advance(by: .seconds(31))
        let tenant = try create()
        #expect([tenant.id] == unfinished)
        #expect(product.data.tenantRows == 1 && product.data.databases.count == 1)
        try expectWhole(tenant)
        #expect(try product.tenants.discardUnfinished() == 0)
        try expectWhole(tenant)
    }

    @Test func unfinishedCreationIsLeftToItsMakerForAWhile() throws {
        product.provisioner.fail(at: [.afterCreation, .removal])
        _ = try? create()
        product.provisioner.fail(at: [])
        product.clock.advance(by: .seconds(29))
        _ = try create()
        #expect(product.data.tenantRows == 2)
    }

    @Test func unfinishedCreationIsNotTakenOverByOthersNorUnderAnotherName() throws {
        product.provisioner.fail(at: [.afterCreation, .removal])
        _ = try? create()
        let unfinished = product.data.creatingTenants
        product.provisioner.fail(at: [])
        product.clock.advance(by: .seconds(31))
        let bob = try product.register("bob")
        #expect(try [product.tenants.create(name: TenantName("Acme"), by: bob.id).id] != unfinished)
        #expect(try [create("Other").id] != unfinished)
    }

    @Test func lostAnswerOfTheActivationKeepsTheTenant() throws {
        product.data.loseAnswer(ofCommit: 2)
        try expectWhole(create())
        #expect(product.data.events().map(\.type) == [.tenantCreated])
    }

    @Test func slowMakerThatWasTakenOverDoesNotRemoveWhatTheOtherFinished() throws {
        product.provisioner.duringNextPreparation { [product, ada] in
            product.clock.advance(by: .seconds(31))
            #expect(throws: Never.self) { try product.tenants.create(name: TenantName("Acme"), by: ada.id) }
        }
        let tenant = try create()
        try expectWhole(tenant)
        #expect(product.data.tenantRows == 1 && product.data.events().count == 1)
    }

    @Test func failingMakerThatWasTakenOverDoesNotRemoveWhatTheOtherFinished() throws {
        product.provisioner.duringNextPreparation { [product, ada] in
            product.clock.advance(by: .seconds(31))
            #expect(throws: Never.self) { try product.tenants.create(name: TenantName("Acme"), by: ada.id) }
            product.provisioner.fail(at: [.afterCreation])
        }
        try expectWhole(create())
    }

    @Test func makerSlowerThanTheWorkersCleanUpLeavesNothing() throws {
        product.provisioner.duringNextPreparation { [product] in
            product.clock.advance(by: .seconds(31))
            #expect(throws: Never.self) { try product.tenants.discardUnfinished() }
        }
        #expect(refusal { try create() } == .serviceUnavailable)
        expectNothing()
    }

    @Test func finishedTenantIsNotDiscarded() throws {
        let tenant = try create()
        _ = try product.tenants.discard(tenant)
        try expectWhole(tenant)
    }

    @Test func oneTenantThatCannotBeDiscardedDoesNotStopTheOthers() throws {
        product.provisioner.fail(at: [.afterCreation, .removal])
        for name in ["A", "B", "C"] { _ = try? create(name) }
        product.clock.advance(by: .seconds(31))
        product.provisioner.fail(at: [])
        product.provisioner.failNextRemoval()
        #expect(refusal { try product.tenants.discardUnfinished() } == .serviceUnavailable)
        #expect(product.data.tenantRows == 1 && product.data.databases.count == 1)
        product.clock.advance(by: .seconds(31))
        #expect(try product.tenants.discardUnfinished() == 1)
        expectNothing()
    }
}
