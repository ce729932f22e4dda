import Base
import EventCore
import Glibc
import Inspection
import Kafka
import ObjectStore
import Persistence
import Postgres

/// Everything the event worker is told by its environment (.env.example lists and explains the variables).
struct WorkerSettings {
    let database: DatabaseSettings
    let store: any ObjectStore
    let orphanAge: Duration
    let auditRetentionDays: Int
    let sweepInterval: Duration
    /// How long a tenant's deletion can be taken back.
    let purgeGrace: Duration
    /// Percentage of dying events above which none are given up.
    let deadShare: Int
    let retries: RetryPolicy
    /// Nil without Kafka.
    let kafka: KafkaConfig?
    /// Whether this process takes events out of outboxes, and whether it reads Kafka.
    let relays: Bool
    let consumes: Bool
    let inspection: InspectionSettings
    let storageSweepInterval: Duration
    /// How many databases wait for tenants.
    let warmPool: Int
    /// Nil: what is counted is known to this process alone.
    let metricsDirectory: String?
    let log: Log

    /// - Throws: `ConfigurationError` with every problem at once.
    init(_ environment: Environment) throws(ConfigurationError) {
        var environment = environment
        let level: LogLevel = LogLevel(environment.string("LOG_LEVEL") ?? "info") ?? .info
        let workers = environment.integer("FCGI_WORKERS", default: 2, in: 1...256)
        let database = DatabaseSettings(
            &environment, applicationName: "saas-events", program: .events, workers: workers)
        let store = ObjectStoreSettings.read(from: &environment)?.makeStore(reportingTo: &environment)
        orphanAge = .seconds(environment.integer("ORPHAN_TTL", default: 86_400, in: 1...31_536_000))
        auditRetentionDays = environment.integer("AUDIT_RETENTION_DAYS", default: 400, in: 1...36_500)
        sweepInterval = .seconds(environment.integer("SWEEP_INTERVAL", default: 600, in: 1...86_400))
        purgeGrace = .seconds(environment.integer("TENANT_PURGE_GRACE", default: 2_592_000, in: 0...315_360_000))
        deadShare = environment.integer("EVENT_DEAD_PERCENT", default: 50, in: 1...100)
        let attempts = environment.integer("EVENT_MAX_ATTEMPTS", default: 10, in: 1...100)
        let pause = environment.integer("EVENT_RETRY_PAUSE_MS", default: 500, in: 1...60_000)
        retries = RetryPolicy(attempts: attempts, first: .milliseconds(pause))
        kafka = KafkaConfig.read(from: &environment)
        let roles = (environment.string("EVENT_WORKER_ROLES") ?? "relay,consumer").split(separator: ",")
            .map { $0.filter { $0 != " " } }
        relays = roles.contains("relay")
        consumes = roles.contains("consumer") && kafka != nil
        if roles.isEmpty || !roles.allSatisfy({ ["relay", "consumer"].contains($0) }) {
            environment.report("EVENT_WORKER_ROLES must be relay, consumer or both, separated by a comma")
        }
        inspection = InspectionSettings(&environment)
        storageSweepInterval = .seconds(
            environment.integer("STORAGE_SWEEP_INTERVAL", default: 21_600, in: 1...31_536_000))
        warmPool = environment.integer("TENANT_WARM_POOL", default: 2, in: 0...1000)
        metricsDirectory = environment.string("METRICS_DIR")
        guard environment.problems.isEmpty, let database, let store else {
            throw ConfigurationError(problems: environment.problems)
        }
        self.database = database
        self.store = store
        log = Log(component: "events", level: level)
    }

    /// Whatever the number of tenants: the doorbell has one connection besides.
    var pool: PoolSettings {
        var pool = database.pool
        pool.budget -= 1
        // A handler's work in the event's own database needs a second connection to it.
        pool.perDatabase = pool.budget
        pool.acquireTimeout = .seconds(20)
        return pool
    }

    /// Each holds one connection and may ask for another; some are left for the other threads. They mostly wait for the
    /// server's answers, so there may be more of them than processors.
    var relayThreads: Int { max(1, min(8, (pool.budget - 2) / 2)) }

    /// How old an object without a row is when it is removed: the next comparison would find it older than ORPHAN_TTL.
    var sweepAge: Duration { max(orphanAge - storageSweepInterval, orphanAge / 2) }

    /// Unique among the workers of an installation.
    var workerName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return "\(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)):\(getpid())"
    }
}
