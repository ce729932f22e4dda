package import Base
package import Postgres

/// As whom the event worker acts. Its login is the owner's, because tenants' databases have to be made and dropped, and
/// a member of the application's role: it works with that one's rights, and takes the owner's only for what needs them
/// (`ConnectionPool.withLoginRole`, `PostgresAuditRepository.keep`).
package enum WorkerRole {
    /// Connects like the pool does by itself, and lays the owner's rights aside.
    ///
    /// Whether the login is a member is the server's, not one database's to say, and looking it up costs a new session
    /// half as much again as its beginning: who was found to be one is not asked about any more.
    package static func connector(log: Log) -> ConnectionPool.Connector {
        let isMember = Condition(false)
        return { settings throws(PostgresError) in
            let connection = try Connection(settings, log: log)
            if isMember.withLock({ $0 }) {
                _ = try connection.execute("SET ROLE saas_app")
            } else if try adopt(on: connection) {
                isMember.update { $0 = true }
            }
            return connection
        }
    }

    /// Changes nothing for a login that is no member of the application's role: then there is one role for all.
    ///
    /// - Returns: whether it is one.
    @discardableResult
    static func adopt(on connection: Connection) throws(PostgresError) -> Bool {
        try connection.execute(
            """
            SELECT set_config('role', 'saas_app', false)
            FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
            WHERE m.roleid = to_regrole('saas_app') AND r.rolname = session_user
            """
        ).count > 0
    }
}

extension ConnectionPool {
    /// Like `withConnection`, but with the rights that the login begins with, whatever the pool's connections lay aside.
    func withLoginRole<R, E: PostgresErrorConvertible>(
        to database: String, _ body: (Connection) throws(E) -> R
    ) throws(E) -> R {
        try withConnection(to: database) { connection throws(E) in
            let role: String
            do throws(PostgresError) {
                role = try connection.execute("SELECT current_setting('role')")[0].decode(0)
                _ = try connection.execute("RESET ROLE")
            } catch {
                throw E(error)
            }
            defer {
                // One that cannot go back is used by nobody else.
                let back = try? connection.execute("SELECT set_config('role', \(role), false)")
                if back == nil { connection.close() }
            }
            return try body(connection)
        }
    }
}
