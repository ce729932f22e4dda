import Postgres
import TestSupport
import Testing

/// The root of every suite that uses the real server: one at a time, because some restart it.
@Suite(.serialized) enum DatabaseSuite {}

extension DatabaseSuite {
    /// A connection to the server's own database, for tests that keep to temporary tables.
    static func connection() throws -> Connection {
        try Connection(PostgresCluster.shared.settings(database: "postgres"))
    }

    /// A connection to a fresh empty database.
    static func freshConnection() throws -> Connection {
        let name = try PostgresCluster.shared.createDatabase()
        return try Connection(PostgresCluster.shared.settings(database: name))
    }

    /// Blocks until the server gives true: for what its other processes do in their own time.
    static func waitUntil(_ isTrue: Query) throws {
        let connection = try connection()
        while try !connection.execute(isTrue)[0].decode(0, as: Bool.self) {
            _ = try connection.execute("SELECT pg_sleep(0.005)")
        }
    }
}
