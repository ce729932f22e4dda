import Base
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
    private let storage: StorageHousekeeping
    private let settings: WorkerSettings
    private let stopping = Condition(false)

    init(environment: Environment) throws(ConfigurationError) {
        let settings = try WorkerSettings(environment)
        let clock = SystemClock()
        let log = settings.log
        let pool = ConnectionPool(settings.database.pool, log: log)
        let main = settings.database.main.database
        let data = PostgresUnitOfWork(pool: pool, mainDatabase: main)
        let objects = StoreObjectLocator(store: settings.store)
        let files = FileService(data: data, objects: objects, clock: clock)
        let tenants = TenantService(
            data: data, provisioner: PostgresTenantProvisioner(pool: pool, mainDatabase: main, log: log),
            doorbell: PostgresDoorbell(pool: pool, mainDatabase: main), clock: clock)
        let dispatcher = Dispatcher(
            handlers: [DocumentDeletedHandler(data: data, files: files)], clock: clock, log: log)
        relay = OutboxRelay(
            data: data, board: PostgresDoorbellBoard(pool: pool, settings: settings.database.main),
            dispatcher: dispatcher, clock: clock, log: log)
        housekeeping = Housekeeping(
            data: data, tenants: tenants, files: files,
            uploads: UploadSweeper(data: data, objects: objects, clock: clock), relay: relay,
            orphanAge: settings.orphanAge, clock: clock, log: log)
        storage = StorageHousekeeping(
            data: data,
            sweeper: StorageSweeper(
                data: data, inventory: StoreObjectInventory(store: settings.store), orphanAge: settings.orphanAge,
                clock: clock),
            log: log)
        self.settings = settings
        self.log = log
        self.pool = pool
    }

    /// Starts the relay and the two kinds of housekeeping, a thread each.
    func start() -> [WorkerThread] {
        [
            WorkerThread(name: "relay") { [relay, stopping] in
                while !stopping.withLock({ $0 }) { relay.run(timeout: .seconds(1)) }
            },
            WorkerThread(name: "storage") { [storage, stopping, settings] in
                while !stopping.withLock({ $0 }) {
                    storage.run { !stopping.withLock { $0 } }
                    _ = stopping.wait(until: .now + settings.storageSweepInterval) { $0 ? true : nil }
                }
            },
            WorkerThread(name: "housekeeping") { [housekeeping, stopping, settings] in
                var nextSweep = ContinuousClock.now
                while !stopping.withLock({ $0 }) {
                    housekeeping.discardUnfinishedTenants()
                    if ContinuousClock.now >= nextSweep {
                        housekeeping.sweep { !stopping.withLock { $0 } }
                        nextSweep = ContinuousClock.now + settings.sweepInterval
                    }
                    _ = stopping.wait(until: .now + min(.seconds(10), settings.sweepInterval)) { $0 ? true : nil }
                }
            },
        ]
    }

    /// Lets the event at hand be finished, then closes the connections.
    func stop(_ threads: [WorkerThread]) {
        stopping.update { $0 = true }
        for thread in threads { thread.join() }
        pool.close()
    }
}
