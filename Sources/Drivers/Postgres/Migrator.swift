package import Base

/// Brings a database's schema to a version: each migration in its own transaction, written down in the table
/// `schema_migrations` with the SHA-256 of its text.
package struct Migrator: Sendable {
    private let migrations: [Migration]

    /// The key of the advisory lock that makes runs on one database wait for each other; any fixed number would do.
    private static let lockKey: Int64 = 0x7361_6173_6d69_6772

    package init(_ migrations: [Migration]) { self.migrations = migrations.sorted { $0.version < $1.version } }

    /// Applies what is missing, in order, and gives the versions applied. Waits for another run on the same database;
    /// neither that nor a migration has a time limit.
    ///
    /// When a migration fails it is rolled back, those before it stay, and the next run goes on there.
    ///
    /// - Parameters:
    ///   - connection: outside a transaction; held for the whole run.
    ///   - last: the version to stop at; nil for all.
    /// - Throws: `SQLState.badMigration` when an applied migration's text has changed, a version stands below one
    ///   that is applied, or versions repeat; the server's error when a migration fails.
    package func apply(on connection: Connection, upTo last: Int? = nil, log: Log) throws(PostgresError) -> [Int] {
        try checkNumbers()
        guard !connection.inTransaction else {
            throw PostgresError(SQLState.activeTransaction, detail: "migrations run in transactions of their own")
        }
        return try connection.withoutTimeLimit { () throws(PostgresError) in
            _ = try connection.execute("SELECT pg_advisory_lock(\(Self.lockKey))")
            let result = Result { () throws(PostgresError) in try applyLocked(on: connection, upTo: last, log: log) }
            // On a lost connection the server has given the lock back by itself.
            if connection.isHealthy { _ = try connection.execute("SELECT pg_advisory_unlock(\(Self.lockKey))") }
            return try result.get()
        }
    }

    /// How each migration stands, by version; changes nothing.
    package func status(on connection: Connection) throws(PostgresError) -> [MigrationStatus] {
        try checkNumbers()
        let exists: Bool = try connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")[0].decode(0)
        guard exists else { return migrations.map { status($0, .pending) } }
        let rows = try connection.execute(
            """
            SELECT a.version, a.name, a.applied_at,
                   a.checksum = encode(sha256(convert_to(m.sql, 'UTF8')), 'hex')
              FROM schema_migrations AS a
              LEFT JOIN unnest(\(migrations.map(\.version))::bigint[], \(migrations.map(\.sql))::text[])
                     AS m (version, sql) ON m.version = a.version
             ORDER BY a.version
            """)
        var statuses: [MigrationStatus] = []
        for row in rows {
            let version: Int = try row.decode(0)
            let state: MigrationStatus.State =
                switch try row.decodeIfPresent(3, as: Bool.self) {
                case true: .applied(at: try row.decode(2))
                case false: .changed
                case nil: .unknown
                }
            statuses.append(MigrationStatus(version: version, name: try row.decode(1), state: state))
        }
        let applied = Set(statuses.map(\.version))
        statuses += migrations.filter { !applied.contains($0.version) }.map { status($0, .pending) }
        return statuses.sorted { $0.version < $1.version }
    }

    private func applyLocked(on connection: Connection, upTo last: Int?, log: Log) throws(PostgresError) -> [Int] {
        try connection.execute(
            script: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version     integer     PRIMARY KEY,
                    name        text        NOT NULL,
                    checksum    text        NOT NULL,
                    applied_at  timestamptz NOT NULL,
                    duration_ms integer     NOT NULL
                )
                """)
        let statuses = try status(on: connection)
        let pending = Set(statuses.filter { $0.state == .pending }.map(\.version))
        let newest = statuses.filter { $0.state != .pending }.map(\.version).max() ?? 0
        if let changed = statuses.first(where: { $0.state == .changed }) {
            throw bad("migration \(changed.version) was changed after it had been applied")
        }
        if statuses.contains(where: { $0.state == .unknown }) {
            log.warning("the database has migrations of a newer release", ["db.name": .text(connection.database)])
        }
        var applied: [Int] = []
        for migration in migrations where pending.contains(migration.version) && migration.version <= last ?? .max {
            guard migration.version > newest else {
                throw bad("migration \(migration.version) is missing below \(newest), which is applied")
            }
            try applyPatiently(migration, on: connection)
            applied.append(migration.version)
            log.info(
                "migration applied",
                ["db.name": .text(connection.database), "migration.version": .integer(Int64(migration.version))])
        }
        return applied
    }

    /// A migration that waits for a table's lock keeps everyone behind it waiting too: it gives up after two seconds
    /// and comes back a moment later, five times.
    private func applyPatiently(_ migration: Migration, on connection: Connection) throws(PostgresError) {
        var attempt = 1
        while true {
            do {
                return try apply(migration, on: connection)
            } catch {
                guard error.sqlState == SQLState.lockNotAvailable, attempt < 5 else { throw error }
                Pause.sleep(.milliseconds(500))
                attempt += 1
            }
        }
    }

    private func apply(_ migration: Migration, on connection: Connection) throws(PostgresError) {
        try connection.transaction(attempts: 1) { connection throws(PostgresError) in
            try connection.execute(script: "SET LOCAL lock_timeout = '2s'")
            try connection.execute(script: migration.sql)
            guard connection.inTransaction else {
                throw bad("migration \(migration.version) ends the transaction that it runs in")
            }
            _ = try connection.execute(
                """
                INSERT INTO schema_migrations (version, name, checksum, applied_at, duration_ms)
                VALUES (\(migration.version), \(migration.name),
                        encode(sha256(convert_to(\(migration.sql), 'UTF8')), 'hex'), clock_timestamp(),
                        extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)
                """)
        }
    }

    private func checkNumbers() throws(PostgresError) {
        guard migrations.allSatisfy({ $0.version > 0 }), Set(migrations.map(\.version)).count == migrations.count else {
            throw bad("versions must be positive and each used once")
        }
    }

    private func status(_ migration: Migration, _ state: MigrationStatus.State) -> MigrationStatus {
        MigrationStatus(version: migration.version, name: migration.name, state: state)
    }

    private func bad(_ detail: String) -> PostgresError { PostgresError(SQLState.badMigration, detail: detail) }
}
