package import Base
package import Contract

/// What the operator does to accounts.
package struct UserOperator: Sendable {
    private let data: any UnitOfWork
    private let passwords: PasswordService
    private let clock: any WallClock

    package init(data: any UnitOfWork, passwords: PasswordService, clock: any WallClock) {
        self.data = data
        self.passwords = passwords
        self.clock = clock
    }

    /// Lets the user log in, or no longer: then all sessions end at once.
    ///
    /// - Throws: `.userNotFound`.
    package func setActive(_ isActive: Bool, of id: UserID) throws(ErrorAnswer) -> User {
        let now = clock.now()
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let before = try main.users.find(id) else { throw ErrorAnswer(.userNotFound) }
            guard before.isActive != isActive else { return before }
            guard let user = try main.users.setActive(isActive, of: id, at: now) else {
                throw ErrorAnswer(.userNotFound)
            }
            if !isActive { try main.tokens.revokeFamilies(of: id, at: now) }
            try main.audit.append(entry(.updateUser, id, at: now, details: ["is_active": .bool(isActive)]))
            return user
        }
    }

    /// Stores a new password and ends all sessions of the user.
    ///
    /// - Parameter lifetime: of a password that was made up, after which it opens nothing unless it was changed.
    /// - Throws: `.userNotFound`.
    package func setPassword(
        _ password: Password, of id: UserID, lifetime: Duration? = nil
    ) throws(ErrorAnswer) {
        let hash = try passwords.hash(password)
        let now = clock.now()
        let stored = StoredPassword(hash: hash, expires: lifetime.map { now + $0 })
        try data.inMain(.write) { main throws(ErrorAnswer) in
            guard try main.users.find(id) != nil else { throw ErrorAnswer(.userNotFound) }
            try main.users.setPassword(stored, of: id, at: now)
            try main.tokens.revokeFamilies(of: id, at: now)
            try main.audit.append(entry(.changePassword, id, at: now, details: [:]))
        }
    }

    private func entry(
        _ action: AuditAction, _ id: UserID, at now: Timestamp, details: [String: JSONValue]
    ) -> AuditEntry {
        AuditEntry(
            action, by: nil, from: .none, target: id.description, at: now,
            details: details.merging(["by": .string(Suspender.operator.rawValue)]) { $1 })
    }
}
