import Base
import Contract
import Domain
import EventCore
import Inspection
import Kafka
import ObjectStore
import Persistence
import Postgres
import Storage

/// Builds the program from its parts; the only place that names concrete types.
struct Composition {
    let log: Log
    private let pool: ConnectionPool
    private let relay: OutboxRelay
    private let housekeeping: Housekeeping
    private let purges: PurgeHousekeeping
    private let restores: RestoreHousekeeping
    private let replays: ReplayDesk
    private let heartbeat: Heartbeat
    private let producer: KafkaProducer?
    private let intake: KafkaIntake?
    private let storage: StorageHousekeeping
    private let keys: PostgresIdempotencyStore
    private let warmPool: WarmPoolKeeper
    private let poolReporter: PoolReporter
    private let sampler: RecurringThread
    private let settings: WorkerSettings
    private let stopping = Condition(false)

    init(environment: Environment) throws(ConfigurationError) {
        let settings = try WorkerSettings(environment)
        let clock = SystemClock()
        let log = settings.log
        let pool = ConnectionPool(settings.pool, log: log, connect: WorkerRole.connector(log: log))
        let main = settings.database.main.database
        let data = PostgresUnitOfWork(pool: pool, mainDatabase: main, log: log)
        let objects = StoreObjectLocator(store: settings.store)
        let files = FileService(data: data, objects: objects, clock: clock)
        let provisioner = PostgresTenantProvisioner(pool: pool, mainDatabase: main, log: log)
        let doorbell = PostgresDoorbell(pool: pool, mainDatabase: main)
        let audit = AuditService(data: data)
        let living = LivingTenants(data: data)
        let look = FileLook(
            data: data, tenants: living, objects: objects,
            inspectors: settings.inspection.inspectors(objects: objects, log: log), clock: clock, log: log)
        let runner = HandlerRunner(
            handlers: [
                TenantCreatedHandler(tenants: living, provisioner: provisioner),
                TenantDeletedHandler(data: data, clock: clock) { pool.closeIdle(database: $0.name) },
                DocumentUploadedHandler(files: look),
                DocumentDeletedHandler(tenants: living, files: files),
                FileProcessHandler(files: look),
                AuditLogHandler(data: data, audit: audit),
                DemoHandler(demo: DemoService(data: data, doorbell: doorbell, clock: clock)),
            ], clock: clock)
        let tally = EventTally()
        let fuse = DeadLetterFuse(share: settings.deadShare, log: log)
        let bus: any EventBus
        let standing: @Sendable () -> (state: WorkerHeartbeat.Broker, lag: Int64?)
        if let kafka = settings.kafka {
            let kafkaBroker = KafkaBroker(producer: try Self.producer(kafka, log))
            let broker = CountingBroker(kafkaBroker, tally: tally)
            let brokerBus = BrokerBus(data: data, broker: broker, tally: tally, clock: clock, log: log)
            let reader = BrokerReader(
                data: data, doorbell: doorbell, runner: runner, broker: broker, retries: settings.retries, fuse: fuse,
                tally: tally, clock: clock, log: log)
            let intake = settings.consumes ? KafkaIntake(config: kafka, reader: reader, log: log) : nil
            bus = brokerBus
            producer = kafkaBroker.producer
            self.intake = intake
            standing = {
                let isUp = brokerBus.isUp && kafkaBroker.producer.metadataReachable(timeout: .seconds(2))
                return (isUp ? .up : .down, intake?.lag)
            }
        } else {
            bus = EmbeddedBus(
                data: data, runner: runner, retries: settings.retries, fuse: fuse, tally: tally, clock: clock,
                log: log)
            producer = nil
            intake = nil
            standing = { (.none, nil) }
        }
        relay = OutboxRelay(
            data: data, board: PostgresDoorbellBoard(pool: pool, settings: settings.database.main), bus: bus,
            clock: clock, log: log)
        replays = ReplayDesk(data: data, relay: relay, clock: clock, log: log)
        heartbeat = Heartbeat(
            data: data, worker: settings.workerName, fuse: fuse, tally: tally, clock: clock, broker: standing)
        housekeeping = Housekeeping(
            data: data, files: files, uploads: UploadSweeper(data: data, objects: objects, clock: clock), relay: relay,
            orphanAge: settings.orphanAge, audit: audit, auditRetentionDays: settings.auditRetentionDays, clock: clock,
            log: log)
        purges = PurgeHousekeeping(
            purger: TenantPurger(
                data: data, provisioner: provisioner,
                census: PostgresTenantCensusTaker(pool: pool, mainDatabase: main),
                inventory: StoreObjectInventory(store: settings.store), grace: settings.purgeGrace,
                performer: settings.workerName, clock: clock),
            log: log)
        restores = RestoreHousekeeping(
            cleaner: PostgresRestoreCleaner(
                pool: pool, mainDatabase: main, inventory: StoreObjectInventory(store: settings.store), log: log),
            log: log)
        storage = StorageHousekeeping(
            data: data,
            sweeper: StorageSweeper(
                data: data, inventory: StoreObjectInventory(store: settings.store), orphanAge: settings.sweepAge,
                clock: clock),
            log: log)
        keys = PostgresIdempotencyStore(pool: pool, mainDatabase: main)
        poolReporter = PoolReporter(pool: pool, mainDatabase: main, program: "saas-events")
        let home = MetricsHome(settings.metricsDirectory, program: "worker", log: log)
        let process = ProcessMetrics(home.board, program: "worker", process: settings.workerName)
        let poolMetrics = PoolMetrics(home.board, pool: pool, program: "worker", process: settings.workerName)
        sampler = RecurringThread(name: "metrics", pause: .seconds(1)) {
            process.sample()
            poolMetrics.sample()
        }
        warmPool = WarmPoolKeeper(
            pool: PostgresWarmPool(pool: pool, mainDatabase: main, log: log), size: settings.warmPool, log: log)
        self.settings = settings
        self.log = log
        self.pool = pool
    }

    /// What `start` has begun.
    struct Activity {
        fileprivate var threads: [WorkerThread] = []
        fileprivate let rounds: [RecurringThread]
    }

    /// Starts the threads: the doorbell's, those that look into outboxes, both kinds of housekeeping, the heartbeat.
    func start() -> Activity {
        var activity = Activity(rounds: makeRounds() + [sampler])
        for round in activity.rounds { round.start() }
        poolReporter.start()
        if settings.relays {
            activity.threads.append(WorkerThread(name: "doorbell") { [relay] in relay.listen() })
            for number in 0..<settings.relayThreads {
                activity.threads.append(WorkerThread(name: "relay-\(number)") { [relay] in relay.work() })
            }
        }
        if let intake { activity.threads.append(WorkerThread(name: "kafka-intake") { intake.run() }) }
        if let producer {
            activity.threads.append(
                WorkerThread(name: "kafka-topics") { [stopping, log] in Self.makeTopics(producer, stopping, log) })
        }
        return activity
    }

    /// The rounds that go on whatever happens to events.
    private func makeRounds() -> [RecurringThread] {
        let goesOn: @Sendable () -> Bool = { [stopping] in !stopping.withLock { $0 } }
        let nextSweep = Condition(ContinuousClock.now)
        return [
            RecurringThread(name: "storage", pause: settings.storageSweepInterval) { [storage] in
                storage.run(while: goesOn)
            },
            RecurringThread(name: "housekeeping", pause: min(.seconds(10), settings.sweepInterval)) {
                [housekeeping, keys, purges, restores, settings] in
                purges.run(while: goesOn)
                restores.run()
                guard nextSweep.withLock({ ContinuousClock.now >= $0 }) else { return }
                housekeeping.sweep(while: goesOn)
                // A failure of the database is told by the rest of the sweep.
                _ = try? keys.prune(at: SystemClock().now())
                nextSweep.update { $0 = .now + settings.sweepInterval }
            },
            RecurringThread(name: "warm-pool") { [warmPool] in warmPool.tend() },
            RecurringThread(name: "heartbeat", pause: .seconds(1)) { [heartbeat, replays, log] in
                heartbeat.beat()
                do throws(ErrorAnswer) { try replays.work() } catch {
                    log.warning("a replay failed", ["error.code": .text(error.code.rawValue)])
                }
            },
        ]
    }

    /// Lets the events at hand be finished, then closes the connections.
    func stop(_ activity: Activity) {
        stopping.update { $0 = true }
        relay.stop()
        intake?.stop()
        for thread in activity.threads { thread.join() }
        for round in activity.rounds { round.stop() }
        heartbeat.handInCounts()
        poolReporter.stop()
        producer?.flushAndClose(deadline: .now + .seconds(5))
        pool.close()
    }

    private static func producer(_ config: KafkaConfig, _ log: Log) throws(ConfigurationError) -> KafkaProducer {
        do { return try KafkaProducer(config, log: log) } catch {
            throw ConfigurationError(problems: ["the KAFKA_ settings do not fit together: \(String(reflecting: error))"]
            )
        }
    }

    /// Tries until it has succeeded once: without rights to create topics somebody else has to.
    private static func makeTopics(_ producer: KafkaProducer, _ stopping: Condition<Bool>, _ log: Log) {
        let names = EventType.allCases.filter { $0 != .demo }.flatMap { [$0.rawValue, "\($0.rawValue).dlq"] }
        while !stopping.withLock({ $0 }) {
            do throws(KafkaError) {
                return try producer.createTopics(names, partitions: 6, replication: -1)
            } catch {
                log.warning("kafka topics cannot be made", ["error.cause": .text(error.description)])
            }
            _ = stopping.wait(until: .now + .seconds(10)) { $0 ? true : nil }
        }
    }
}
