import Base
import Postgres

/// The template databases, one for each schema: made once, then neither altered nor connected to.
struct TenantTemplates: Sendable {
    let databases: FleetDatabases
    let schema: TenantSchema
    let log: Log

    /// The key of the advisory lock of whoever makes or removes templates; any fixed number would do.
    private static let lockKey: Int64 = 0x7361_6173_7465_6d70

    /// The template of this schema; makes it when there is none, which takes some hundred milliseconds.
    func ready() throws(PostgresError) -> SQLIdentifier {
        if let name = try databases.withMain(find) { return name }
        return try databases.withMain { main throws(PostgresError) in
            try locked(main) { () throws(PostgresError) in
                if let name = try find(main) { return name }
                return try make(main)
            }
        }
    }

    /// Drops what no release has used for the time, and databases of a template's name that no row knows; how many.
    func removeUnused(for time: Duration) throws(PostgresError) -> Int {
        try databases.withMain { main throws(PostgresError) in
            let prefix = try Self.namePattern(databases.installation(main))
            let unused = try main.execute(
                """
                SELECT name FROM tenant_templates
                WHERE fingerprint <> \(schema.fingerprint)
                  AND (state = 'removing' OR used_at < now() - make_interval(secs => \(time.components.seconds)))
                UNION ALL
                SELECT datname FROM pg_database
                WHERE datname ~ \(prefix) AND NOT EXISTS (SELECT FROM tenant_templates WHERE name = datname)
                """)
            guard !unused.isEmpty else { return 0 }
            return try locked(main) { () throws(PostgresError) in
                for row in unused {
                    let name = try FleetDatabases.identifier(row.decode(0))
                    _ = try main.execute("UPDATE tenant_templates SET state = 'removing' WHERE name = \(name.name)")
                    try databases.drop(name, on: main)
                    _ = try main.execute("DELETE FROM tenant_templates WHERE name = \(name.name)")
                }
                return unused.count
            }
        }
    }

    /// A regular expression that the names of this installation's templates match.
    private static func namePattern(_ installation: Int64) -> String { "^template_v[0-9]+_\(installation)_" }

    private func find(_ main: Connection) throws(PostgresError) -> SQLIdentifier? {
        let found = try main.execute(
            """
            SELECT t.name FROM tenant_templates t
            JOIN pg_database d ON d.datname = t.name AND d.datconnlimit <> -2
            WHERE t.fingerprint = \(schema.fingerprint) AND t.state = 'ready'
            """)
        return try found.first.map { row throws(PostgresError) in try FleetDatabases.identifier(row.decode(0)) }
    }

    /// What a maker that died has left is made anew.
    private func make(_ main: Connection) throws(PostgresError) -> SQLIdentifier {
        let name = try FleetDatabases.identifier(
            "template_v\(schema.version)_\(databases.installation(main))_\(schema.fingerprint)")
        _ = try main.execute(
            """
            INSERT INTO tenant_templates (name, schema_version, fingerprint, state)
            VALUES (\(name.name), \(schema.version), \(schema.fingerprint), 'making')
            ON CONFLICT (name) DO UPDATE SET state = 'making', made_at = now(), used_at = now()
            """)
        try databases.drop(name, on: main)
        _ = try main.execute("CREATE DATABASE \(identifier: name) WITH TEMPLATE template0 STRATEGY wal_log")
        try databases.closeToPublic(name, on: main)
        try databases.pool.withLoginRole(to: name.name) { connection throws(PostgresError) in
            _ = try Migrator(schema.migrations).apply(on: connection, log: log)
        }
        databases.pool.closeIdle(database: name.name)
        _ = try main.execute("ALTER DATABASE \(identifier: name) WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
        _ = try main.execute("UPDATE tenant_templates SET state = 'ready' WHERE name = \(name.name)")
        log.info("tenant template made", ["db.name": .text(name.name)])
        return name
    }

    /// One maker at a time; the lock ends with the connection, whatever becomes of this process.
    private func locked<R>(
        _ main: Connection, _ body: () throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        _ = try main.execute("SELECT pg_advisory_lock(\(Self.lockKey))")
        let result = Result(catching: body)
        if main.isHealthy { _ = try main.execute("SELECT pg_advisory_unlock(\(Self.lockKey))") }
        return try result.get()
    }
}
