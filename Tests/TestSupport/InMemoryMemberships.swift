import Base
import Contract
import Domain

struct InMemoryMemberships: MembershipRepository {
    struct Key: Hashable {
        let tenant: TenantID
        let user: UserID
    }

    struct Row {
        var role: Role
        let joinedAt: Timestamp
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insert(tenant: TenantID, user: UserID, role: Role, at now: Timestamp) throws(ErrorAnswer) {
        let key = Key(tenant: tenant, user: user)
        guard tables.memberships[key] == nil else { throw ErrorAnswer(.alreadyMember) }
        guard tables.tenants[tenant] != nil, tables.users[user] != nil else {
            throw ErrorAnswer(.internalError, cause: "a foreign key of the memberships")
        }
        transaction.put(Row(role: role, joinedAt: now), at: key, in: tables.memberships)
    }

    func find(tenant: TenantID, user: UserID) throws(ErrorAnswer) -> Member? {
        member(Key(tenant: tenant, user: user))
    }

    func lockRoles(tenant: TenantID) throws(ErrorAnswer) -> [UserID: (role: Role, isActive: Bool)] {
        var roles: [UserID: (role: Role, isActive: Bool)] = [:]
        for (key, row) in tables.memberships.rows where key.tenant == tenant {
            roles[key.user] = (row.role, tables.users[key.user]?.user.isActive ?? false)
        }
        return roles
    }

    func setRole(_ role: Role, tenant: TenantID, user: UserID) throws(ErrorAnswer) {
        let key = Key(tenant: tenant, user: user)
        guard var row = tables.memberships[key] else { return }
        row.role = role
        transaction.put(row, at: key, in: tables.memberships)
    }

    func remove(tenant: TenantID, user: UserID) throws(ErrorAnswer) {
        transaction.put(nil, at: Key(tenant: tenant, user: user), in: tables.memberships)
    }

    func members(of tenant: TenantID, page: PageRequest) throws(ErrorAnswer) -> Page<Member> {
        let members = tables.memberships.rows.keys.filter { $0.tenant == tenant }.compactMap(member)
        return Page(of: members.sorted { ($0.joinedAt, $0.user.id) < ($1.joinedAt, $1.user.id) }, page)
    }

    func memberships(of user: UserID, states: [TenantState], page: PageRequest) throws(ErrorAnswer) -> Page<Membership>
    {
        let all = tables.memberships.rows.keys.filter { $0.user == user }.compactMap(membership).filter {
            states.contains($0.tenant.state)
        }
        return Page(of: all.sorted { ($1.joinedAt, $0.tenant.id) < ($0.joinedAt, $1.tenant.id) }, page)
    }

    func membership(_ key: Key) -> Membership? {
        guard let row = tables.memberships[key], let tenant = tables.tenants[key.tenant]?.tenant else { return nil }
        return Membership(tenant: tenant, role: row.role, joinedAt: row.joinedAt)
    }

    private func member(_ key: Key) -> Member? {
        guard let row = tables.memberships[key], let user = tables.users[key.user]?.user else { return nil }
        return Member(tenantID: key.tenant, user: user, role: row.role, joinedAt: row.joinedAt)
    }
}
