package import Base
package import Contract

/// A tenant's members and their roles.
package struct MemberService: Sendable {
    private let data: any UnitOfWork
    private let doorbell: any Doorbell
    private let clock: any WallClock

    package init(data: any UnitOfWork, doorbell: any Doorbell, clock: any WallClock) {
        self.data = data
        self.doorbell = doorbell
        self.clock = clock
    }

    /// How a new member is named.
    package enum Candidate: Sendable {
        case id(UserID)
        case email(EmailAddress)
    }

    package func list(_ access: TenantAccess, page: PageRequest) throws(ErrorAnswer) -> Page<Member> {
        try data.inMain(.read) { main throws(ErrorAnswer) in
            try main.memberships.members(of: access.tenant.id, page: page)
        }
    }

    /// - Throws: `.userNotFound`, `.alreadyMember`.
    package func add(_ candidate: Candidate, role: Role, to access: TenantAccess) throws(ErrorAnswer) -> Member {
        doorbell.ring(.main)
        return try data.inMain(access.origin.effectAccess) { main throws(ErrorAnswer) in
            let found =
                switch candidate {
                case .id(let id): try main.users.find(id)
                case .email(let email): try main.users.find(email: email)
                }
            guard let user = found, user.isActive else { throw ErrorAnswer(.userNotFound) }
            let now = clock.now()
            try main.memberships.insert(tenant: access.tenant.id, user: user.id, role: role, at: now)
            try tell(.addMember, of: user.id, role: role, at: now, access, main)
            return Member(tenantID: access.tenant.id, user: user, role: role, joinedAt: now)
        }
    }

    /// - Throws: `.userNotFound`, `.lastAdmin`.
    package func setRole(_ role: Role, of user: UserID, in access: TenantAccess) throws(ErrorAnswer) -> Member {
        doorbell.ring(.main)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            try requireOtherAdmin(than: user, unless: role == .admin, in: access.tenant.id, main)
            try main.memberships.setRole(role, tenant: access.tenant.id, user: user)
            guard let member = try main.memberships.find(tenant: access.tenant.id, user: user) else {
                throw ErrorAnswer(.userNotFound)
            }
            try tell(.changeRole, of: user, role: role, at: clock.now(), access, main)
            return member
        }
    }

    /// - Throws: `.userNotFound`, `.lastAdmin`.
    package func remove(_ user: UserID, from access: TenantAccess) throws(ErrorAnswer) {
        doorbell.ring(.main)
        try data.inMain(.write) { main throws(ErrorAnswer) in
            try requireOtherAdmin(than: user, unless: false, in: access.tenant.id, main)
            try main.memberships.remove(tenant: access.tenant.id, user: user)
            try tell(.removeMember, of: user, role: nil, at: clock.now(), access, main)
        }
    }

    /// Memberships are in the main database, the tenant's audit trail in its own: an event takes the entry there.
    private func tell(
        _ action: AuditAction, of user: UserID, role: Role?, at now: Timestamp, _ access: TenantAccess,
        _ main: MainRepositories
    ) throws(ErrorAnswer) {
        let details = role.map { ["role": JSONValue.string($0.rawValue)] } ?? [:]
        try main.events.append(
            Event(audit: access.entry(action, user, at: now, details: details), of: access.tenant.id))
    }

    /// Locks the tenant's memberships, so that two admins cannot demote each other at once.
    private func requireOtherAdmin(
        than user: UserID, unless staysAdmin: Bool, in tenant: TenantID, _ main: MainRepositories
    ) throws(ErrorAnswer) {
        let roles = try main.memberships.lockRoles(tenant: tenant)
        guard let present = roles[user] else { throw ErrorAnswer(.userNotFound) }
        // A deactivated admin can do nothing for the tenant, so does not count.
        let hasOther = roles.contains { $0.key != user && $0.value.role == .admin && $0.value.isActive }
        guard staysAdmin || present.role != .admin || hasOther else { throw ErrorAnswer(.lastAdmin) }
    }
}
