import Base
import Contract
import Domain
import EventCore
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
    private let replays: ReplayDesk
    private let heartbeat: Heartbeat
    private let settings: WorkerSettings
    private let stopping = Condition(false)

    init(environment: Environment) throws(ConfigurationError) {
        let settings = try WorkerSettings(environment)
        let clock = SystemClock()
        let log = settings.log
        let pool = ConnectionPool(settings.pool, log: log)
        let main = settings.database.main.database
        let data = PostgresUnitOfWork(pool: pool, mainDatabase: main)
        let objects = StoreObjectLocator(store: settings.store)
        let files = FileService(data: data, objects: objects, clock: clock)
        let provisioner = PostgresTenantProvisioner(pool: pool, mainDatabase: main, log: log)
        let tenants = TenantService(
            data: data, provisioner: provisioner, doorbell: PostgresDoorbell(pool: pool, mainDatabase: main),
            clock: clock)
        let living = LivingTenants(data: data)
        let runner = HandlerRunner(
            handlers: [
                TenantCreatedHandler(tenants: living, provisioner: provisioner),
                TenantDeletedHandler(data: data, clock: clock) { pool.closeIdle(database: $0.name) },
                DocumentUploadedHandler(data: data, tenants: living, objects: objects),
                DocumentDeletedHandler(tenants: living, files: files),
                FileProcessHandler(data: data, tenants: living, objects: objects),
            ], clock: clock)
        let fuse = DeadLetterFuse(share: settings.deadShare, log: log)
        let bus = EmbeddedBus(
            data: data, runner: runner, retries: settings.retries, fuse: fuse, clock: clock, log: log)
        relay = OutboxRelay(
            data: data, board: PostgresDoorbellBoard(pool: pool, settings: settings.database.main), bus: bus,
            clock: clock, log: log)
        replays = ReplayDesk(data: data, relay: relay, clock: clock, log: log)
        heartbeat = Heartbeat(data: data, worker: settings.workerName, fuse: fuse, clock: clock) { (.none, nil) }
        housekeeping = Housekeeping(
            data: data, tenants: tenants, files: files,
            uploads: UploadSweeper(data: data, objects: objects, clock: clock), relay: relay,
            orphanAge: settings.orphanAge, clock: clock, log: log)
        self.settings = settings
        self.log = log
        self.pool = pool
    }

    /// Starts the threads: the doorbell's, those that look into outboxes, the housekeeping and the heartbeat.
    func start() -> [WorkerThread] {
        let relays = (0..<settings.relayThreads).map { [relay] number in
            WorkerThread(name: "relay-\(number)") { relay.work() }
        }
        return relays + [
            WorkerThread(name: "doorbell") { [relay] in relay.listen() },
            WorkerThread(name: "housekeeping") { [housekeeping, stopping, settings] in
                var nextSweep = ContinuousClock.now
                while !stopping.withLock({ $0 }) {
                    housekeeping.discardUnfinishedTenants()
                    if ContinuousClock.now >= nextSweep {
                        housekeeping.sweep { !stopping.withLock { $0 } }
                        nextSweep = ContinuousClock.now + settings.sweepInterval
                    }
                    _ = stopping.wait(until: .now + .seconds(10)) { $0 ? true : nil }
                }
            },
            WorkerThread(name: "heartbeat") { [heartbeat, replays, stopping, log] in
                while !stopping.withLock({ $0 }) {
                    heartbeat.beat()
                    do throws(ErrorAnswer) { try replays.work() } catch {
                        log.warning("a replay failed", ["error.code": .text(error.code.rawValue)])
                    }
                    _ = stopping.wait(until: .now + .seconds(1)) { $0 ? true : nil }
                }
            },
        ]
    }

    /// Lets the events at hand be finished, then closes the connections.
    func stop(_ threads: [WorkerThread]) {
        stopping.update { $0 = true }
        relay.stop()
        for thread in threads { thread.join() }
        pool.close()
    }
}
