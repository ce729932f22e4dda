package import Base
package import Contract
package import Postgres

/// How far the tenants' schemas have come, as the main database knows it (`tenant_schemas`): for people and reports.
/// What decides is each database's own history.
///
/// Has a connection of its own, whose end gives the run's lock back. Thread-safe; one statement at a time.
package final class TenantSchemaLedger: @unchecked Sendable {  // the connection is used under `lock` alone
    private let connection: Connection
    private let lock = Condition(())

    /// The key of the advisory lock that one run over the tenants holds; any fixed number would do.
    private static let runKey: Int64 = 0x7361_6173_666c_6565

    /// - Parameter settings: of the main database.
    package init(_ settings: ConnectionSettings, log: Log) throws(PostgresError) {
        connection = try Connection(settings, log: log)
        // What a crash of the server loses here, the next run finds out by itself.
        _ = try connection.execute("SET synchronous_commit = off")
    }

    package func close() { lock.withLock { _ in connection.close() } }

    /// Takes the lock of a run, held until the connection ends; false when another run has it.
    package func beginRun() throws(PostgresError) -> Bool {
        try lock.withLock { _ throws(PostgresError) in
            try connection.execute("SELECT pg_try_advisory_lock(\(Self.runKey))")[0].decode(0)
        }
    }

    /// Writes down how a tenant stands.
    package func note(
        _ tenant: TenantID, version: Int?, _ status: TenantSchemaRecord.Status, error: String? = nil
    ) throws(PostgresError) {
        try lock.withLock { _ throws(PostgresError) in
            // A tenant that was purged meanwhile has no row to refer to.
            _ = try connection.execute(
                """
                INSERT INTO tenant_schemas (tenant_id, version, status, error, changed_at)
                SELECT id, \(version), \(status.rawValue), \(error), now() FROM tenants WHERE id = \(tenant)
                ON CONFLICT (tenant_id) DO UPDATE
                SET version = coalesce(EXCLUDED.version, tenant_schemas.version), status = EXCLUDED.status,
                    error = EXCLUDED.error, changed_at = EXCLUDED.changed_at
                """)
        }
    }

    /// Everything that is written down, by tenant.
    package func records() throws(PostgresError) -> [TenantSchemaRecord] {
        try lock.withLock { _ throws(PostgresError) in
            var records: [TenantSchemaRecord] = []
            for row in try connection.execute(
                "SELECT tenant_id, version, status, error, changed_at FROM tenant_schemas ORDER BY tenant_id")
            {
                records.append(
                    TenantSchemaRecord(
                        tenant: try row.decode(0), version: try row.decodeIfPresent(1),
                        status: try row.decodeChoice(2), error: try row.decodeIfPresent(3),
                        changedAt: try row.decode(4)))
            }
            return records
        }
    }
}
