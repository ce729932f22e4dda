import Base
import Contract
import Domain
import Postgres

/// The table `users`.
struct PostgresUserRepository: UserRepository {
    let session: DatabaseSession

    func insert(_ user: User, password: StoredPassword) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO users (id, first_name, last_name, email, password_hash, password_expires_at, is_active,
                               created_at, updated_at)
            VALUES (\(user.id), \(user.firstName.text), \(user.lastName.text), \(user.email.text), \(password.hash),
                    \(password.expires), \(user.isActive), \(user.createdAt), \(user.updatedAt))
            """)
    }

    func find(_ id: UserID) throws(ErrorAnswer) -> User? {
        try session.first(
            """
            SELECT id, first_name, last_name, email, is_active, created_at, updated_at
            FROM users WHERE id = \(id)
            """, User.init(row:))
    }

    func find(email: EmailAddress) throws(ErrorAnswer) -> User? {
        try session.first(
            """
            SELECT id, first_name, last_name, email, is_active, created_at, updated_at
            FROM users WHERE email = \(email.text)
            """, User.init(row:))
    }

    func findCredentials(email: EmailAddress) throws(ErrorAnswer) -> (user: User, password: StoredPassword)? {
        try session.first(
            """
            SELECT id, first_name, last_name, email, is_active, created_at, updated_at, password_hash,
                   password_expires_at
            FROM users WHERE email = \(email.text)
            """
        ) { row throws(PostgresError) in
            (
                user: try User(row: row),
                password: StoredPassword(hash: try row.decode(7), expires: try row.decodeIfPresent(8))
            )
        }
    }

    func findPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String? {
        try session.first("SELECT password_hash FROM users WHERE id = \(id)") { row throws(PostgresError) in
            try row.decode(0)
        }
    }

    func lockPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String? {
        // Rows that refer to the user are not held up by this kind of lock.
        try session.first("SELECT password_hash FROM users WHERE id = \(id) FOR NO KEY UPDATE") {
            row throws(PostgresError) in try row.decode(0)
        }
    }

    func rename(_ id: UserID, first: PersonName, last: PersonName, at now: Timestamp) throws(ErrorAnswer) -> User? {
        try session.first(
            """
            UPDATE users SET first_name = \(first.text), last_name = \(last.text), updated_at = \(now)
            WHERE id = \(id)
            RETURNING id, first_name, last_name, email, is_active, created_at, updated_at
            """, User.init(row:))
    }

    func setActive(_ isActive: Bool, of id: UserID, at now: Timestamp) throws(ErrorAnswer) -> User? {
        try session.first(
            """
            UPDATE users SET is_active = \(isActive), updated_at = \(now) WHERE id = \(id)
            RETURNING id, first_name, last_name, email, is_active, created_at, updated_at
            """, User.init(row:))
    }

    func list(after: UserID?, limit: Int) throws(ErrorAnswer) -> [User] {
        try session.all(
            """
            SELECT id, first_name, last_name, email, is_active, created_at, updated_at FROM users
            WHERE \(after)::uuid IS NULL OR id > \(after)::uuid
            ORDER BY id LIMIT \(limit)
            """, User.init(row:))
    }

    func setPassword(_ password: StoredPassword, of id: UserID, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE users SET password_hash = \(password.hash), password_expires_at = \(password.expires),
                   updated_at = \(now)
            WHERE id = \(id)
            """)
    }
}

extension User {
    /// Reads id, first_name, last_name, email, is_active, created_at, updated_at, from the column `first` on.
    init(row: Row) throws(PostgresError) { try self.init(row: row, from: 0) }

    init(row: Row, from first: Int) throws(PostgresError) {
        self.init(
            id: try row.decode(first), firstName: PersonName(stored: try row.decode(first + 1)),
            lastName: PersonName(stored: try row.decode(first + 2)),
            email: EmailAddress(stored: try row.decode(first + 3)), isActive: try row.decode(first + 4),
            createdAt: try row.decode(first + 5), updatedAt: try row.decode(first + 6))
    }
}
