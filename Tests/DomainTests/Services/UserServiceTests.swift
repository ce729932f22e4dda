import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct UserServiceTests {
    private let product: InMemoryProduct
    private let ada: User

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
    }

    @Test func onlyTheGivenNamesChange() throws {
        product.clock.advance(by: .seconds(1))
        let user = try product.users.rename(ada, first: PersonName("Augusta"), last: nil)
        #expect(user.firstName.text == "Augusta" && user.lastName == ada.lastName && user.email == ada.email)
        #expect(user.updatedAt == product.clock.now() && user.createdAt == ada.createdAt)
    }

    @Test func unknownUserIsNotFound() throws {
        let nobody = User(
            id: .random(), firstName: ada.firstName, lastName: ada.lastName, email: ada.email, isActive: true,
            createdAt: ada.createdAt, updatedAt: ada.updatedAt)
        #expect(refusal { try product.users.rename(nobody, first: nil, last: nil) } == .userNotFound)
    }

    @Test func suspendedTenantsAreListedOnRequestOnly() throws {
        let open = try product.tenant("Open", by: ada)
        product.clock.advance(by: .seconds(1))
        let shut = try product.tenant("Shut", by: ada)
        try product.setState(.suspended, suspendedBy: .admin, of: shut.tenant.id)
        func ids(_ includingSuspended: Bool) throws -> [TenantID] {
            try product.users.memberships(of: ada.id, includingSuspended: includingSuspended, page: PageRequest())
                .elements.map(\.tenant.id)
        }
        #expect(try ids(false) == [open.tenant.id])
        #expect(try ids(true) == [shut.tenant.id, open.tenant.id])
    }
}
