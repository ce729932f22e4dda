package import Base
package import Contract
package import Domain
package import Postgres

/// What was granted of each budget: the table `rate_budgets` of the main database.
package struct PostgresRateStore: RateStore {
    private let pool: ConnectionPool
    private let mainDatabase: String

    package init(pool: ConnectionPool, mainDatabase: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
    }

    package func lease(
        _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
    ) throws(ErrorAnswer) -> RateLease {
        let key = subject.description
        let first = max(minimum, limit / divisor)
        return try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            let session = DatabaseSession(connection: connection)
            // On a row that another process makes at the same time the update's rule counts.
            let granted = try session.first(
                """
                INSERT INTO rate_budgets AS b (subject, window_start, used, last_lease)
                SELECT \(key)::text, \(window)::timestamptz, \(first)::bigint, \(first)::bigint
                WHERE \(first)::bigint <= \(limit)::bigint
                   OR EXISTS (SELECT FROM rate_budgets WHERE subject = \(key) AND window_start = \(window))
                ON CONFLICT (subject, window_start) DO UPDATE
                SET used = b.used + greatest(\(minimum)::bigint, (\(limit)::bigint - b.used) / \(divisor)::bigint),
                    last_lease = greatest(\(minimum)::bigint, (\(limit)::bigint - b.used) / \(divisor)::bigint)
                WHERE b.used + \(minimum)::bigint <= \(limit)::bigint
                RETURNING last_lease, used
                """
            ) { row throws(PostgresError) in
                RateLease(granted: try row.decode(0), left: limit - (try row.decode(1, as: Int64.self)))
            }
            if let granted { return granted }
            let used = try session.count(
                """
                SELECT coalesce(sum(used), 0)::bigint FROM rate_budgets
                WHERE subject = \(key) AND window_start = \(window)
                """)
            return RateLease(granted: 0, left: max(0, limit - used))
        }
    }

    package func giveBack(
        _ amount: Int64, of subject: RateSubject, window: Timestamp, receipt: UploadID?
    ) throws(ErrorAnswer) {
        try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            _ = try DatabaseSession(connection: connection).execute(
                """
                WITH receipt AS (
                    INSERT INTO rate_receipts (upload_id, window_start)
                    SELECT \(receipt)::uuid, \(window)::timestamptz WHERE \(receipt)::uuid IS NOT NULL
                    ON CONFLICT (upload_id) DO NOTHING
                    RETURNING upload_id
                )
                UPDATE rate_budgets SET used = greatest(0, used - \(amount)::bigint)
                WHERE subject = \(subject.description) AND window_start = \(window)::timestamptz
                  AND (\(receipt)::uuid IS NULL OR EXISTS (SELECT FROM receipt))
                """)
        }
    }
}
