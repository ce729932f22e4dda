import Base
import Contract
import Domain
import Postgres

/// The table `user_tenant_associations`.
struct PostgresMembershipRepository: MembershipRepository {
    let session: DatabaseSession

    func insert(tenant: TenantID, user: UserID, role: Role, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO user_tenant_associations (user_id, tenant_id, role, joined_at)
            VALUES (\(user), \(tenant), \(role.rawValue), \(now))
            """)
    }

    func find(tenant: TenantID, user: UserID) throws(ErrorAnswer) -> Member? {
        try session.first(
            """
            SELECT m.tenant_id, m.role, m.joined_at,
                   u.id, u.first_name, u.last_name, u.email, u.is_active, u.created_at, u.updated_at
            FROM user_tenant_associations m JOIN users u ON u.id = m.user_id
            WHERE m.tenant_id = \(tenant) AND m.user_id = \(user)
            """, Member.init(row:))
    }

    func lockRoles(tenant: TenantID) throws(ErrorAnswer) -> [UserID: (role: Role, isActive: Bool)] {
        // In one order always, so that two transactions never wait for each other.
        let roles = try session.all(
            """
            SELECT m.user_id, m.role, u.is_active
            FROM user_tenant_associations m JOIN users u ON u.id = m.user_id
            WHERE m.tenant_id = \(tenant) ORDER BY m.user_id FOR UPDATE OF m
            """
        ) { row throws(PostgresError) in
            (
                user: try row.decode(0, as: UserID.self),
                standing: (role: try row.decodeChoice(1, as: Role.self), isActive: try row.decode(2, as: Bool.self))
            )
        }
        return Dictionary(uniqueKeysWithValues: roles.map { ($0.user, $0.standing) })
    }

    func setRole(_ role: Role, tenant: TenantID, user: UserID) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE user_tenant_associations SET role = \(role.rawValue)
            WHERE tenant_id = \(tenant) AND user_id = \(user)
            """)
    }

    func remove(tenant: TenantID, user: UserID) throws(ErrorAnswer) {
        try session.execute(
            "DELETE FROM user_tenant_associations WHERE tenant_id = \(tenant) AND user_id = \(user)")
    }

    func members(of tenant: TenantID, page: PageRequest) throws(ErrorAnswer) -> Page<Member> {
        let total = try session.count(
            "SELECT count(*) FROM user_tenant_associations WHERE tenant_id = \(tenant)")
        let members = try session.all(
            """
            SELECT m.tenant_id, m.role, m.joined_at,
                   u.id, u.first_name, u.last_name, u.email, u.is_active, u.created_at, u.updated_at
            FROM user_tenant_associations m JOIN users u ON u.id = m.user_id
            WHERE m.tenant_id = \(tenant)
            ORDER BY m.joined_at, m.user_id LIMIT \(page.perPage) OFFSET \(page.offset)
            """, Member.init(row:))
        return Page(members, request: page, total: total)
    }

    func memberships(
        of user: UserID, states: [TenantState], page: PageRequest
    ) throws(ErrorAnswer) -> Page<Membership> {
        let states = states.map(\.rawValue)
        let total = try session.count(
            """
            SELECT count(*) FROM user_tenant_associations m JOIN tenants t ON t.id = m.tenant_id
            WHERE m.user_id = \(user) AND t.state = ANY(\(states)::text[])
            """)
        let memberships = try session.all(
            """
            SELECT m.role, m.joined_at,
                   t.id, t.name, t.database_name, t.state, t.suspended_by, t.created_at, t.updated_at, t.created_by
            FROM user_tenant_associations m JOIN tenants t ON t.id = m.tenant_id
            WHERE m.user_id = \(user) AND t.state = ANY(\(states)::text[])
            ORDER BY m.joined_at DESC, m.tenant_id LIMIT \(page.perPage) OFFSET \(page.offset)
            """
        ) { row throws(PostgresError) in
            Membership(
                tenant: try Tenant(row: row, from: 2), role: try row.decodeChoice(0), joinedAt: try row.decode(1))
        }
        return Page(memberships, request: page, total: total)
    }
}

extension Member {
    /// Reads tenant_id, role, joined_at and the user's columns.
    fileprivate init(row: Row) throws(PostgresError) {
        self.init(
            tenantID: try row.decode(0), user: try User(row: row, from: 3), role: try row.decodeChoice(1),
            joinedAt: try row.decode(2))
    }
}
