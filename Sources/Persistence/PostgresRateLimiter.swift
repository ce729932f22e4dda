package import Base
package import Contract
package import Domain
package import Postgres

/// A limit per user and clock hour, right over all processes without a write per request: each process leases
/// requests in chunks that shrink as the window's rest does.
package final class PostgresRateLimiter: RateLimiter {
    private struct Lease {
        var window: Timestamp
        /// Requests that this process may still let through.
        var left: Int
        /// Requests that no process had leased when this one last asked.
        var unleased: Int
    }

    private let pool: ConnectionPool
    private let mainDatabase: String
    private let limit: Int
    private let workers: Int
    private let leases = Condition<[UserID: Lease]>([:])

    private static let window: Duration = .seconds(3600)

    /// - Parameters:
    ///   - limit: requests per user and hour; 0 for none.
    ///   - workers: how many processes share the limit.
    package init(pool: ConnectionPool, mainDatabase: String, limit: Int, workers: Int) {
        self.pool = pool
        self.mainDatabase = mainDatabase
        self.limit = limit
        self.workers = max(1, workers)
    }

    package func take(_ user: UserID, at now: Timestamp) throws(ErrorAnswer) -> RateDecision? {
        guard limit > 0 else { return nil }
        let hour = Self.window.components.seconds
        let start = Timestamp(seconds: now.seconds / hour * hour)
        if let decision = takeLeased(user, window: start) { return decision }
        let (granted, unleased) = try lease(user, window: start)
        return leases.withLock { leases in
            var lease =
                leases[user].flatMap { $0.window == start ? $0 : nil } ?? Lease(window: start, left: 0, unleased: 0)
            lease.left += granted
            lease.unleased = unleased
            let isAllowed = lease.left > 0
            if isAllowed { lease.left -= 1 }
            if leases.count > 100_000 { leases = leases.filter { $0.value.window == start } }
            leases[user] = lease
            return decision(isAllowed, lease)
        }
    }

    private func takeLeased(_ user: UserID, window start: Timestamp) -> RateDecision? {
        leases.withLock { leases in
            guard var lease = leases[user], lease.window == start, lease.left > 0 else { return nil }
            lease.left -= 1
            leases[user] = lease
            return decision(true, lease)
        }
    }

    private func decision(_ isAllowed: Bool, _ lease: Lease) -> RateDecision {
        RateDecision(
            isAllowed: isAllowed, limit: limit, remaining: lease.left + lease.unleased,
            resets: lease.window + Self.window)
    }

    /// Takes `max(1, rest / (8 × workers))` requests of the window's rest; 0 when there is none.
    private func lease(_ user: UserID, window start: Timestamp) throws(ErrorAnswer) -> (granted: Int, unleased: Int) {
        try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            let divisor = 8 * workers
            let first = max(1, limit / divisor)
            let row = try DatabaseSession(connection: connection).first(
                """
                INSERT INTO rate_windows AS w (subject, window_start, used, last_lease)
                VALUES (\(user), \(start), \(first), \(first))
                ON CONFLICT (subject, window_start) DO UPDATE
                SET used = w.used + greatest(1, (\(limit)::bigint - w.used) / \(divisor)::bigint),
                    last_lease = greatest(1, (\(limit)::bigint - w.used) / \(divisor)::bigint)
                WHERE w.used < \(limit)::bigint
                RETURNING last_lease, used
                """
            ) { row throws(PostgresError) in
                (granted: try row.decode(0, as: Int64.self), used: try row.decode(1, as: Int64.self))
            }
            guard let row else { return (0, 0) }
            return (Int(row.granted), limit - Int(row.used))
        }
    }
}
