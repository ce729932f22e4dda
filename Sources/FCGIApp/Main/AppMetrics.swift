import Base
import Domain
import FastCGI
import Persistence
import Postgres

/// What this process counts of itself, beside its requests.
struct AppMetrics: Sendable {
    let home: MetricsHome
    let passwords: PasswordMetrics
    private let name: String
    private let process: ProcessMetrics
    private let busy: MetricGauge
    private let threads: MetricGauge
    private let listeners = Condition<[Listener]>([])

    init(_ settings: AppSettings) {
        name = settings.processName
        home = MetricsHome(settings.metricsDirectory, program: "app", log: settings.log)
        passwords = PasswordMetrics(home.board, process: name)
        process = ProcessMetrics(home.board, program: "app", process: name)
        busy = home.board.gauge(
            "saas_app_busy_threads", [("process", name)], help: "Threads that work on a request now.")
        threads = home.board.gauge("saas_app_threads", [("process", name)], help: "Threads that answer requests.")
        threads.set(Int64(settings.threads))
    }

    /// From now on the requests of the public one are shown.
    func watch(_ listeners: [Listener]) { self.listeners.withLock { $0 = Array(listeners.prefix(1)) } }

    /// What brings the gauges up to date.
    func sampling(_ pool: ConnectionPool, _ service: PasswordService) -> @Sendable () -> Void {
        let poolMetrics = PoolMetrics(home.board, pool: pool, program: "app", process: name)
        return { [process, passwords, busy, listeners] in
            process.sample()
            poolMetrics.sample()
            passwords.sample(service)
            busy.set(Int64(listeners.withLock { $0 }.reduce(0) { $0 + $1.activeRequests }))
        }
    }
}
