package import Base
package import Contract

/// Who makes a request, proved by an access token.
package struct Session: Equatable, Sendable {
    package let userID: UserID
    package let tokenID: String
    package let family: TokenFamilyID
    package let expires: Timestamp
    package let origin: RequestOrigin

    package init(
        userID: UserID, tokenID: String, family: TokenFamilyID, expires: Timestamp, origin: RequestOrigin = .none
    ) {
        self.userID = userID
        self.tokenID = tokenID
        self.family = family
        self.expires = expires
        self.origin = origin
    }
}

/// A member's way into a tenant: what a handler needs to reach the tenant's data.
package struct TenantAccess: Equatable, Sendable {
    package let tenant: Tenant
    package let userID: UserID
    package let role: Role
    package let origin: RequestOrigin

    package init(tenant: Tenant, userID: UserID, role: Role, origin: RequestOrigin = .none) {
        self.tenant = tenant
        self.userID = userID
        self.role = role
        self.origin = origin
    }
}

/// What the main database says of a token and, when asked, of a tenant: read in one round trip.
package struct AccessFacts: Equatable, Sendable {
    package let user: User
    package let isRevoked: Bool
    /// The tenant asked for; nil when there is none or the user is no member of it.
    package let membership: Membership?
    /// The family's last rotation, as long as neither the successor nor its access token was used.
    package let openRotation: OpenRotation?

    package init(user: User, isRevoked: Bool, membership: Membership?, openRotation: OpenRotation? = nil) {
        self.user = user
        self.isRevoked = isRevoked
        self.membership = membership
        self.openRotation = openRotation
    }
}
