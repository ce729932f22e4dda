package import Base
package import Contract
package import Domain
package import Postgres

/// The spare databases: copies of the template that nobody can connect to before a tenant claims them.
///
/// A row is committed before its database is made, and removed after it is gone (or in the transaction that gives it to
/// a tenant): a spare database without a row has been lost by a maker that died, and is nobody's.
package struct PostgresWarmPool: WarmPool {
    private let databases: FleetDatabases
    private let templates: TenantTemplates
    private let schema = TenantSchema.current
    private let log: Log

    /// How long a maker may take before others may think it dead; longer than a statement may run.
    private static let leaseSeconds = 30
    /// How long a template that this release does not use is kept for the other.
    private static let templateRest: Duration = .seconds(600)

    /// - Parameter pool: its role needs CREATEDB, except for `makeSpare`, which waits for another process without it.
    package init(pool: ConnectionPool, mainDatabase: String, log: Log) {
        databases = FleetDatabases(pool: pool, mainDatabase: mainDatabase)
        templates = TenantTemplates(databases: databases, schema: schema, log: log)
        self.log = log
    }

    package func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer) {
        do throws(PostgresError) {
            let mayCreate: Bool = try databases.withMain { main throws(PostgresError) in
                try main.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")[0]
                    .decode(0)
            }
            if mayCreate { _ = try make(whenFewerThan: nil) } else { try awaitSpare(until: deadline) }
        } catch {
            throw ErrorAnswer(error)
        }
    }

    package func tend(size: Int) throws(ErrorAnswer) -> WarmPoolRound {
        do throws(PostgresError) {
            var round = WarmPoolRound()
            round.removed = try removeLeftovers()
            _ = try templates.ready()
            while round.made < size, try make(whenFewerThan: size) { round.made += 1 }
            round.removed += try templates.removeUnused(for: Self.templateRest)
            return round
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// Drops every database of this installation that waits for a tenant, and the templates; how many. For the end of
    /// the installation: without its main database nobody would know them.
    package func removeAll() throws(ErrorAnswer) -> Int {
        do throws(PostgresError) {
            return try databases.withMain { main throws(PostgresError) in
                let installation = try databases.installation(main)
                let found = try main.execute(
                    """
                    SELECT datname FROM pg_database
                    WHERE datname ~ \("^(pool|template_v[0-9]+)_\(installation)_")
                    """)
                for row in found { try databases.drop(FleetDatabases.identifier(row.decode(0)), on: main) }
                return found.count
            }
        } catch {
            throw ErrorAnswer(error)
        }
    }

    // MARK: making

    /// Makes one; false when there are enough, those being made included.
    private func make(whenFewerThan target: Int?) throws(PostgresError) -> Bool {
        // Looked at first without a write: most rounds have nothing to do.
        if let target, try databases.withMain(countSpares) >= target { return false }
        let template = try templates.ready()
        return try databases.withMain { main throws(PostgresError) in
            guard let name = try note(target, template: template, on: main) else { return false }
            do throws(PostgresError) {
                try databases.create(name, from: template, on: main)
                let finished = try main.execute(
                    "UPDATE spare_databases SET state = 'ready' WHERE name = \(name.name) AND state = 'making'")
                guard finished.affectedRows == 1 else {
                    throw PostgresError(SQLState.lockNotAvailable, detail: "the making of \(name) was given up")
                }
                return true
            } catch {
                // At once what can be; else when the lease is over.
                if main.isHealthy { try? remove(name, on: main) }
                throw error
            }
        }
    }

    private func countSpares(_ main: Connection) throws(PostgresError) -> Int {
        try main.execute(
            """
            SELECT count(*) FROM spare_databases
            WHERE fingerprint = \(schema.fingerprint) AND state <> 'removing'
            """)[0].decode(0)
    }

    /// Writes the database down that is about to be made; nil when there are enough.
    private func note(
        _ target: Int?, template: SQLIdentifier, on main: Connection
    ) throws(PostgresError) -> SQLIdentifier? {
        let random = Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        let name = try FleetDatabases.identifier("\(Self.prefix(databases.installation(main)))\(random)")
        return try main.transaction { main throws(PostgresError) in
            // Two workers that count at once must not both see the same gap.
            _ = try main.execute("UPDATE tenant_templates SET used_at = now() WHERE name = \(template.name)")
            let noted = try main.execute(
                """
                INSERT INTO spare_databases (name, schema_version, fingerprint, state, lease_expires_at)
                SELECT \(name.name), \(schema.version), \(schema.fingerprint), 'making',
                       now() + make_interval(secs => \(Self.leaseSeconds))
                WHERE \(target)::integer IS NULL
                   OR (SELECT count(*) FROM spare_databases
                       WHERE fingerprint = \(schema.fingerprint) AND state <> 'removing') < \(target)::integer
                """)
            return noted.affectedRows == 1 ? name : nil
        }
    }

    /// For a role without the right to make databases: the event worker does, and this waits until there is one.
    private func awaitSpare(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            // First of all: what is there now is in the hands of another sign-up, whose transaction has not ended.
            Pause.sleep(.milliseconds(50))
            let isThere: Bool = try databases.withMain { main throws(PostgresError) in
                try main.execute(
                    """
                    SELECT EXISTS (SELECT FROM spare_databases
                                   WHERE state = 'ready' AND schema_version >= \(schema.version))
                    """)[0].decode(0)
            }
            guard !isThere, ContinuousClock.now < deadline else { return }
        }
    }

    // MARK: removing

    /// Drops what makers that died have left, what an older release made, and what no row knows; how many.
    private func removeLeftovers() throws(PostgresError) -> Int {
        try databases.withMain { main throws(PostgresError) in
            let given = try main.execute(
                """
                UPDATE spare_databases AS s SET state = 'removing'
                WHERE state = 'removing' OR (state = 'making' AND lease_expires_at < now())
                   OR (state = 'ready'
                       AND (schema_version < \(schema.version)
                            OR (schema_version = \(schema.version) AND fingerprint <> \(schema.fingerprint))
                            OR NOT EXISTS (SELECT FROM pg_database
                                           WHERE datname = s.name AND datconnlimit <> -2)))
                RETURNING name
                """)
            let pattern = "^\(Self.prefix(try databases.installation(main)))"
            // One statement, one snapshot: a row is always older than its database.
            let strays = try main.execute(
                """
                SELECT datname FROM pg_database
                WHERE datname ~ \(pattern) AND NOT EXISTS (SELECT FROM spare_databases WHERE name = datname)
                """)
            for rows in [given, strays] {
                for row in rows {
                    let name = try FleetDatabases.identifier(row.decode(0))
                    try remove(name, on: main)
                    log.info("spare database removed", ["db.name": .text(name.name)])
                }
            }
            return given.count + strays.count
        }
    }

    private func remove(_ name: SQLIdentifier, on main: Connection) throws(PostgresError) {
        _ = try main.execute("UPDATE spare_databases SET state = 'removing' WHERE name = \(name.name)")
        try databases.drop(name, on: main)
        _ = try main.execute("DELETE FROM spare_databases WHERE name = \(name.name)")
    }

    /// How the names of this installation's spare databases begin.
    private static func prefix(_ installation: Int64) -> String { "pool_\(installation)_" }
}
