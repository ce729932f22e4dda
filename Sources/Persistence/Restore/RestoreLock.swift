import Postgres

/// The advisory lock, in the main database, of the process that is at a restore: it ends with its connection.
enum RestoreLock {
    static func take(_ restore: String, on connection: Connection) throws(PostgresError) {
        _ = try connection.execute("SELECT pg_advisory_lock(hashtextextended(\(restore), 0))")
    }

    /// False while somebody holds it.
    static func tryTake(_ restore: String, on connection: Connection) throws(PostgresError) -> Bool {
        try connection.execute("SELECT pg_try_advisory_lock(hashtextextended(\(restore), 0))")[0].decode(0)
    }

    static func release(_ restore: String, on connection: Connection) throws(PostgresError) {
        _ = try connection.execute("SELECT pg_advisory_unlock(hashtextextended(\(restore), 0))")
    }
}
