import Base
package import Contract
import Domain
package import Postgres

/// Rings by a row and a NOTIFY in the main database, outside any transaction of the caller.
///
/// A process rings for a tenant at most once in `quietPeriod`: the worker keeps looking at a tenant for longer than
/// that after each ring.
package final class PostgresDoorbell: Doorbell {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let rung = Condition<[TenantID: ContinuousClock.Instant]>([:])

    /// The channel of the NOTIFY.
    package static let channel = "doorbell"
    /// How long after a ring a process rings no more for the same tenant.
    package static let quietPeriod: Duration = .seconds(1)

    package init(pool: ConnectionPool, mainDatabase: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
    }

    package func ring(_ tenant: TenantID) {
        let now = ContinuousClock.now
        let isDue = rung.withLock { rung in
            if let last = rung[tenant], last.duration(to: now) < Self.quietPeriod { return false }
            if rung.count > 10_000 { rung.removeAll() }
            rung[tenant] = now
            return true
        }
        guard isDue else { return }
        let rang: ResultSet? = try? pool.withConnection(to: mainDatabase) { connection throws(PostgresError) in
            // A lost ring costs a delay until the next sweep, not an event: no need to wait for the disk.
            try connection.transaction { connection throws(PostgresError) in
                _ = try connection.execute("SET LOCAL synchronous_commit = off")
                return try connection.execute(
                    """
                    WITH rung AS (
                        INSERT INTO doorbells (tenant_id, rung_at) VALUES (\(tenant), clock_timestamp())
                        ON CONFLICT (tenant_id) DO UPDATE SET rung_at = clock_timestamp()
                        RETURNING tenant_id
                    )
                    SELECT pg_notify('doorbell', tenant_id::text) FROM rung
                    """)
            }
        }
        if rang == nil { rung.withLock { $0[tenant] = nil } }
    }
}
