import Base
import ObjectStore
import Persistence

/// Everything the event worker is told by its environment (.env.example lists and explains the variables).
struct WorkerSettings {
    let database: DatabaseSettings
    let store: any ObjectStore
    let orphanAge: Duration
    let sweepInterval: Duration
    let storageSweepInterval: Duration
    let log: Log

    /// - Throws: `ConfigurationError` with every problem at once.
    init(_ environment: Environment) throws(ConfigurationError) {
        var environment = environment
        let level: LogLevel = LogLevel(environment.string("LOG_LEVEL") ?? "info") ?? .info
        let workers = environment.integer("FCGI_WORKERS", default: 2, in: 1...256)
        let database = DatabaseSettings(&environment, applicationName: "saas-events", processes: workers + 1)
        let store = ObjectStoreSettings.read(from: &environment)?.makeStore(reportingTo: &environment)
        orphanAge = .seconds(environment.integer("ORPHAN_TTL", default: 86_400, in: 1...31_536_000))
        sweepInterval = .seconds(environment.integer("SWEEP_INTERVAL", default: 600, in: 1...86_400))
        storageSweepInterval = .seconds(
            environment.integer("STORAGE_SWEEP_INTERVAL", default: 86_400, in: 1...31_536_000))
        guard environment.problems.isEmpty, let database, let store else {
            throw ConfigurationError(problems: environment.problems)
        }
        self.database = database
        self.store = store
        log = Log(component: "events", level: level)
    }
}
