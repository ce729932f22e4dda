package import Base
package import Contract

/// Who belongs to which tenant, in the main database.
package protocol MembershipRepository {
    /// - Throws: `.alreadyMember`.
    func insert(tenant: TenantID, user: UserID, role: Role, at now: Timestamp) throws(ErrorAnswer)

    func find(tenant: TenantID, user: UserID) throws(ErrorAnswer) -> Member?

    /// All members' roles and whether they can log in, the rows locked until the transaction ends.
    func lockRoles(tenant: TenantID) throws(ErrorAnswer) -> [UserID: (role: Role, isActive: Bool)]
    func setRole(_ role: Role, tenant: TenantID, user: UserID) throws(ErrorAnswer)
    func remove(tenant: TenantID, user: UserID) throws(ErrorAnswer)

    /// A tenant's members, first joined first.
    func members(of tenant: TenantID, page: PageRequest) throws(ErrorAnswer) -> Page<Member>

    /// A user's tenants in these states, newest membership first.
    func memberships(of user: UserID, states: [TenantState], page: PageRequest) throws(ErrorAnswer) -> Page<Membership>
}
