package import Base
package import Postgres

/// Shows what a process's connection pool does.
package struct PoolMetrics: Sendable {
    private let pool: ConnectionPool
    private let budget: MetricGauge
    private let open: MetricGauge
    private let inUse: MetricGauge
    private let waiting: MetricGauge
    private let requests: MetricCounter
    private let waits: MetricCounter
    private let waited: MetricCounter
    private let timeouts: MetricCounter
    private let evictions: MetricCounter

    /// - Parameters:
    ///   - program: the program's name.
    ///   - process: tells it from the other processes of its program on this host.
    package init(_ board: MetricsBoard, pool: ConnectionPool, program: String, process: String) {
        self.pool = pool
        let own = [("program", program), ("process", process)]
        let all = [("program", program)]
        budget = board.gauge("saas_db_pool_max_connections", own, help: "The most connections that the pool may hold.")
        open = board.gauge("saas_db_pool_open_connections", own, help: "Connections that the pool holds.")
        inUse = board.gauge("saas_db_pool_in_use_connections", own, help: "Connections that are lent out.")
        waiting = board.gauge("saas_db_pool_waiting_requests", own, help: "Threads that wait for a connection now.")
        requests = board.counter(
            "saas_db_pool_requests_total", all, help: "Times that a connection was asked for.")
        waits = board.counter(
            "saas_db_pool_waits_total", all, help: "Times that none was free and the thread had to wait.")
        waited = board.counter(
            "saas_db_pool_wait_seconds_total", all, scale: 1_000_000, help: "How long these waited in all.")
        timeouts = board.counter("saas_db_pool_timeouts_total", all, help: "Times that none became free in time.")
        evictions = board.counter(
            "saas_db_pool_evictions_total", all, help: "Idle connections closed to make room for another database.")
        sample()
    }

    /// Reads the numbers anew.
    package func sample() {
        let now = pool.statistics
        budget.set(Int64(pool.budget))
        open.set(Int64(now.open))
        inUse.set(Int64(now.inUse))
        waiting.set(Int64(now.waiting))
        requests.set(Int64(now.requests))
        waits.set(Int64(now.waits))
        waited.set(now.waited.microseconds)
        timeouts.set(Int64(now.timeouts))
        evictions.set(Int64(now.evictions))
    }
}
