import Base
import Glibc
package import Postgres

/// Writes down every few seconds what a process's connection pool does (`connection_pools`), on a thread of its own.
package final class PoolReporter: Sendable {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let process: String
    private let stopping = Condition(false)
    private let thread = Condition<WorkerThread?>(nil)

    private static let interval: Duration = .seconds(5)

    /// - Parameter program: shown with the process id.
    package init(pool: ConnectionPool, mainDatabase: String, program: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
        process = "\(program):\(getpid())"
    }

    /// Starts the thread.
    package func start() {
        let started = WorkerThread(name: "pool-report") { [self] in
            while !stopping.withLock({ $0 }) {
                // One that is lost is followed by the next.
                try? report()
                _ = stopping.wait(until: .now + Self.interval) { $0 ? true : nil }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread; waits for the report at hand.
    package func stop() {
        stopping.update { $0 = true }
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        started?.join()
    }

    private func report() throws(PostgresError) {
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
