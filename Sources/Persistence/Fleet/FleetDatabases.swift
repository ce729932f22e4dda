import Base
import Contract
import Postgres

/// The databases of the server as one installation sees them: made, closed to visitors, dropped.
///
/// What it makes carries the main database's OID in its name, so that installations on one server never touch each
/// other's.
struct FleetDatabases: Sendable {
    let pool: ConnectionPool
    let mainDatabase: String

    /// Runs the closure on a connection to the main database, outside a transaction, with the login's own rights.
    func withMain<R>(_ body: (Connection) throws(PostgresError) -> R) throws(PostgresError) -> R {
        try pool.withLoginRole(to: mainDatabase, body)
    }

    /// The main database's number on this server.
    func installation(_ main: Connection) throws(PostgresError) -> Int64 {
        try main.execute("SELECT oid::bigint FROM pg_database WHERE datname = current_database()")[0].decode(0)
    }

    /// Copies the template; the new database takes no connections. WAL_LOG copies through shared buffers; FILE_COPY
    /// needs two checkpoints (PostgreSQL manual, CREATE DATABASE), 20 times as long for a database of this size.
    func create(_ name: SQLIdentifier, from template: SQLIdentifier, on main: Connection) throws(PostgresError) {
        _ = try main.execute(
            """
            CREATE DATABASE \(identifier: name)
            WITH TEMPLATE \(identifier: template) STRATEGY wal_log ALLOW_CONNECTIONS false
            """)
        try closeToPublic(name, on: main)
    }

    /// Other roles of the server have no business here (PostgreSQL grants CONNECT to all by default), but for the
    /// application's, where there is one. Rights inside the database come with its schema.
    func closeToPublic(_ name: SQLIdentifier, on main: Connection) throws(PostgresError) {
        _ = try main.execute("REVOKE CONNECT ON DATABASE \(identifier: name) FROM PUBLIC")
        guard try !main.execute("SELECT FROM pg_roles WHERE rolname = 'saas_app'").isEmpty else { return }
        _ = try main.execute("GRANT CONNECT ON DATABASE \(identifier: name) TO saas_app")
    }

    /// Drops the database, a template or a half-dropped one too; nothing when it is not there.
    func drop(_ name: SQLIdentifier, on main: Connection) throws(PostgresError) {
        pool.closeIdle(database: name.name)
        let isTemplate = try main.execute(
            "SELECT FROM pg_database WHERE datname = \(name.name) AND datistemplate AND datconnlimit <> -2")
        if !isTemplate.isEmpty {
            _ = try main.execute("ALTER DATABASE \(identifier: name) WITH IS_TEMPLATE false")
        }
        _ = try main.execute("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
    }

    /// A name that these types have made or read from their own tables.
    static func identifier(_ name: String) throws(PostgresError) -> SQLIdentifier {
        guard let identifier = SQLIdentifier(name) else {
            throw PostgresError(SQLState.badText, detail: "\(name) is no name of a database")
        }
        return identifier
    }
}
