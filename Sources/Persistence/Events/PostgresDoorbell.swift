import Base
package import Domain
package import Postgres

/// Rings by a row and a NOTIFY in the main database, outside any transaction of the caller.
package final class PostgresDoorbell: Doorbell {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let rhythm = Condition(RingRhythm())

    package init(pool: ConnectionPool, mainDatabase: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
    }

    package func ring(_ outbox: Outbox) {
        let promise = rhythm.withLock { $0.promise(for: outbox, at: .now) }
        guard let promise else { return }
        let payload = RingPayload(Ring(outbox, promise))
        let rang: ResultSet? = try? pool.withConnection(to: mainDatabase) { connection throws(PostgresError) in
            // A lost ring costs a delay until the next sweep, not an event: no need to wait for the disk.
            try connection.transaction(survivesCrash: false) { connection throws(PostgresError) in
                try connection.execute(
                    """
                    WITH rung AS (
                        INSERT INTO doorbells (tenant_id, rung_at) VALUES (\(payload.tenant), clock_timestamp())
                        ON CONFLICT (tenant_id) DO UPDATE SET rung_at = clock_timestamp()
                    )
                    SELECT pg_notify('doorbell', \(payload.text))
                    """)
            }
        }
        if rang == nil { rhythm.withLock { $0.forget(outbox) } }
    }
}
