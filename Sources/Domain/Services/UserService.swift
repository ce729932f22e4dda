package import Base
package import Contract

/// A user's own account.
package struct UserService: Sendable {
    private let data: any UnitOfWork
    private let clock: any WallClock

    package init(data: any UnitOfWork, clock: any WallClock) {
        self.data = data
        self.clock = clock
    }

    /// Changes the names that are given.
    package func rename(
        _ user: User, first: PersonName?, last: PersonName?, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> User {
        let now = clock.now()
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            let renamed = try main.users.rename(
                user.id, first: first ?? user.firstName, last: last ?? user.lastName, at: now)
            guard let renamed else { throw ErrorAnswer(.userNotFound) }
            try main.audit.append(
                AuditEntry(.updateUser, by: user.id, from: origin, target: user.id.description, at: now))
            return renamed
        }
    }

    /// The user's tenants, newest membership first; suspended ones only when asked for.
    package func memberships(
        of user: UserID, includingSuspended: Bool, page: PageRequest
    ) throws(ErrorAnswer) -> Page<Membership> {
        try data.inMain(.read) { main throws(ErrorAnswer) in
            try main.memberships.memberships(
                of: user, states: includingSuspended ? [.ready, .suspended] : [.ready], page: page)
        }
    }
}
