import Base
import Glibc
package import Postgres

/// Writes down every few seconds what a process's connection pool does (`connection_pools`), on a thread of its own.
package final class PoolReporter: Sendable {
    private let thread: RecurringThread

    /// - Parameter program: shown with the process id.
    package init(pool: ConnectionPool, mainDatabase: String, program: String) {
        let process = "\(program):\(getpid())"
        thread = RecurringThread(name: "pool-report", pause: .seconds(5)) {
            // One that is lost is followed by the next.
            try? Self.report(pool, of: process, to: mainDatabase)
        }
    }

    /// Starts the thread.
    package func start() { thread.start() }

    /// Ends the thread; waits for the report at hand.
    package func stop() { thread.stop() }

    private static func report(
        _ pool: ConnectionPool, of process: String, to mainDatabase: String
    ) throws(PostgresError) {
        let now = pool.statistics
        try pool.withConnection(to: mainDatabase) { main throws(PostgresError) in
            _ = try main.execute(
                """
                INSERT INTO connection_pools (process, seen_at, budget, open, in_use, waiting, requests, waits,
                                              waited_ms, longest_wait_ms, timeouts, evictions)
                VALUES (\(process), now(), \(pool.budget), \(now.open), \(now.inUse), \(now.waiting),
                        \(now.requests), \(now.waits), \(now.waited.milliseconds), \(now.longestWait.milliseconds),
                        \(now.timeouts), \(now.evictions))
                ON CONFLICT (process) DO UPDATE
                SET seen_at = EXCLUDED.seen_at, budget = EXCLUDED.budget, open = EXCLUDED.open,
                    in_use = EXCLUDED.in_use, waiting = EXCLUDED.waiting, requests = EXCLUDED.requests,
                    waits = EXCLUDED.waits, waited_ms = EXCLUDED.waited_ms,
                    longest_wait_ms = EXCLUDED.longest_wait_ms, timeouts = EXCLUDED.timeouts,
                    evictions = EXCLUDED.evictions
                """)
            _ = try main.execute("DELETE FROM connection_pools WHERE seen_at < now() - interval '1 minute'")
        }
    }
}
