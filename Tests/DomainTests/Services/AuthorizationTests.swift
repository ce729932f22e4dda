import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct AuthorizationTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let session: Session

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        session = try product.session(ada)
    }

    @Test func memberFindsTheWayIn() throws {
        let membership = try product.auth.authorize(session, tenant: acme.tenant.id).membership
        #expect(membership?.role == .admin && membership?.tenant == acme.tenant)
    }

    @Test func foreignAndMissingTenantAreOneAnswer() throws {
        let foreign = try product.tenant("Other", by: product.register("eve"))
        var answers: [ErrorAnswer] = []
        for id in [foreign.tenant.id, TenantID.random()] {
            do throws(ErrorAnswer) { _ = try product.auth.authorize(session, tenant: id) } catch {
                answers.append(error)
            }
        }
        #expect(answers == [ErrorAnswer(.tenantNotFound), ErrorAnswer(.tenantNotFound)])
    }

    @Test func revokedTokenIsToldBeforeTheTenantIsLookedFor() throws {
        try product.auth.logout(session)
        #expect(refusal { try product.auth.authorize(session, tenant: .random()) } == .tokenRevoked)
    }

    @Test(arguments: [TenantState.deleting, .purged])
    func tenantThatIsGoneIsNotFound(_ state: TenantState) throws {
        try product.setState(state, of: acme.tenant.id)
        #expect(refusal { try product.auth.authorize(session, tenant: acme.tenant.id) } == .tenantNotFound)
    }

    @Test func suspendedTenantIsFoundAsWhatItIs() throws {
        try product.setState(.suspended, suspendedBy: .operator, of: acme.tenant.id)
        let membership = try product.auth.authorize(session, tenant: acme.tenant.id).membership
        #expect(membership?.tenant.state == .suspended)
    }

    @Test func removedMemberIsOutside() throws {
        let bob = try product.register("bob")
        _ = try product.join(bob, as: .viewer, acme)
        let session = try product.session(bob)
        #expect(refusal { try product.auth.authorize(session, tenant: acme.tenant.id) } == nil)
        try product.members.remove(bob.id, from: acme)
        #expect(refusal { try product.auth.authorize(session, tenant: acme.tenant.id) } == .tenantNotFound)
    }

    @Test func sessionOfAnotherUsersFamilyIsRevoked() throws {
        let eve = try product.register("eve")
        let forged = Session(
            userID: eve.id, tokenID: session.tokenID, family: session.family, expires: session.expires)
        #expect(refusal { try product.auth.authorize(forged, tenant: nil) } == .tokenRevoked)
    }
}
