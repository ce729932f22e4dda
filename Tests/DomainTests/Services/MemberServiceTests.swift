import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct MemberServiceTests {
    private let product: InMemoryProduct
    private let ada: User
    private let bob: User
    private let acme: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        bob = try product.register("bob")
        acme = try product.tenant(by: ada)
    }

    private func role(of user: User) throws -> Role? {
        try product.members.list(acme, page: PageRequest()).elements.first { $0.user.id == user.id }?.role
    }

    @Test func memberIsAddedByIdOrEmail() throws {
        let eve = try product.register("eve")
        product.clock.advance(by: .seconds(1))
        let first = try product.members.add(.id(bob.id), role: .viewer, to: acme)
        let second = try product.members.add(.email(EmailAddress("EVE@example.com")), role: .user, to: acme)
        #expect(first.user == bob && first.role == .viewer && first.joinedAt == product.clock.now())
        #expect(second.user == eve && second.tenantID == acme.tenant.id)
        #expect(try product.members.list(acme, page: PageRequest()).total == 3)
    }

    @Test func memberIsAddedOnce() throws {
        _ = try product.join(bob, as: .viewer, acme)
        #expect(refusal { try product.members.add(.id(bob.id), role: .admin, to: acme) } == .alreadyMember)
        #expect(try role(of: bob) == .viewer)
    }

    @Test func unknownAndInactiveUsersAreNotFound() throws {
        try product.deactivate(bob)
        #expect(refusal { try product.members.add(.id(bob.id), role: .user, to: acme) } == .userNotFound)
        #expect(refusal { try product.members.add(.id(.random()), role: .user, to: acme) } == .userNotFound)
        #expect(
            refusal { try product.members.add(.email(EmailAddress("no@example.com")), role: .user, to: acme) }
                == .userNotFound)
    }

    @Test func lastAdminCanBeNeitherRemovedNorDemoted() throws {
        _ = try product.join(bob, as: .user, acme)
        #expect(refusal { try product.members.remove(ada.id, from: acme) } == .lastAdmin)
        for role in [Role.user, .viewer] {
            #expect(refusal { try product.members.setRole(role, of: ada.id, in: acme) } == .lastAdmin)
        }
        #expect(try product.members.setRole(.admin, of: ada.id, in: acme).role == .admin)
        #expect(try role(of: ada) == .admin)
    }

    @Test func oneOfTwoAdminsCanGo() throws {
        _ = try product.join(bob, as: .admin, acme)
        #expect(try product.members.setRole(.viewer, of: ada.id, in: acme).role == .viewer)
        #expect(refusal { try product.members.remove(bob.id, from: acme) } == .lastAdmin)
        try product.members.remove(ada.id, from: acme)
        #expect(try role(of: ada) == nil)
    }

    @Test func deactivatedAdminIsNoOtherAdmin() throws {
        _ = try product.join(bob, as: .admin, acme)
        try product.deactivate(bob)
        #expect(refusal { try product.members.remove(ada.id, from: acme) } == .lastAdmin)
        #expect(refusal { try product.members.setRole(.user, of: ada.id, in: acme) } == .lastAdmin)
        try product.members.remove(bob.id, from: acme)
        #expect(try role(of: bob) == nil)
    }

    @Test func adminsOfOtherTenantsDoNotCount() throws {
        _ = try product.join(bob, as: .user, acme)
        _ = try product.tenant("Other", by: bob)
        #expect(refusal { try product.members.remove(ada.id, from: acme) } == .lastAdmin)
    }

    @Test func memberOfAnotherTenantIsNotFound() throws {
        _ = try product.tenant("Other", by: bob)
        #expect(refusal { try product.members.setRole(.viewer, of: bob.id, in: acme) } == .userNotFound)
        #expect(refusal { try product.members.remove(bob.id, from: acme) } == .userNotFound)
        #expect(refusal { try product.members.remove(.random(), from: acme) } == .userNotFound)
    }

    @Test func membersComeInTheOrderTheyJoined() throws {
        for name in ["c", "d", "e"] {
            product.clock.advance(by: .seconds(1))
            _ = try product.join(product.register(name), as: .viewer, acme)
        }
        let page = try product.members.list(acme, page: PageRequest(page: 2, perPage: 3))
        #expect(page.elements.map(\.user.email.text) == ["e@example.com"] && page.total == 4 && page.pages == 2)
    }
}
