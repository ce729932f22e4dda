package import Base
package import Contract

/// A tenant as one of its members sees it.
package struct Membership: Equatable, Sendable {
    package let tenant: Tenant
    package let role: Role
    package let joinedAt: Timestamp

    package init(tenant: Tenant, role: Role, joinedAt: Timestamp) {
        self.tenant = tenant
        self.role = role
        self.joinedAt = joinedAt
    }
}

/// A user as a tenant's member.
package struct Member: Equatable, Sendable {
    package let tenantID: TenantID
    package let user: User
    package let role: Role
    package let joinedAt: Timestamp

    package init(tenantID: TenantID, user: User, role: Role, joinedAt: Timestamp) {
        self.tenantID = tenantID
        self.user = user
        self.role = role
        self.joinedAt = joinedAt
    }
}
