import Base
import Contract
import Domain
import EventCore
import Persistence
import Postgres
import TestSupport

/// A main database and one tenant's on the real server, and a bus whose handler writes one document a delivery.
struct EventFixture {
    let pool: ConnectionPool
    let data: PostgresUnitOfWork
    let main: String
    let tenant: TenantDatabase
    let clock = ManualClock()
    let log = Log(component: "tests", level: .error, sink: { _ in })

    init() throws {
        main = try PostgresCluster.shared.createDatabase()
        let tenantName = try PostgresCluster.shared.createDatabase()
        let settings = try PostgresCluster.shared.settings(database: main)
        pool = ConnectionPool(
            PoolSettings(budget: 8, perDatabase: 8, acquireTimeout: .seconds(20)) { settings.with(database: $0) },
            log: log)
        data = PostgresUnitOfWork(pool: pool, mainDatabase: main)
        tenant = TenantDatabase(tenantID: .random(), name: tenantName)
        _ = try Migrator(Migrations.main).apply(on: Connection(settings), log: log)
        _ = try Migrator(Migrations.tenant).apply(on: Connection(settings.with(database: tenantName)), log: log)
    }

    /// Runs a statement on the tenant's database.
    @discardableResult
    func execute(_ query: Query) throws -> ResultSet {
        try pool.withConnection(to: tenant.name) { connection throws(PostgresError) in try connection.execute(query) }
    }

    func count(_ query: Query) throws -> Int64 { try execute(query)[0].decode(0) }

    /// An event of the document with this note in it.
    func event(_ note: String, document: DocumentID = .random(), type: EventType = .documentDeleted) -> Event {
        Event(
            type, tenant: tenant.tenantID, user: nil, at: clock.now(),
            data: ["document_id": .string(document.description), "note": .string(note)])
    }

    func append(_ events: [Event]) throws {
        for event in events {
            try data.inTenant(tenant, .write) { tenant throws(ErrorAnswer) in try tenant.events.append(event) }
        }
    }

    func bus(_ handler: NotingHandler, attempts: Int = 3) -> EmbeddedBus {
        EmbeddedBus(
            data: data, runner: HandlerRunner(handlers: [handler], clock: clock),
            retries: RetryPolicy(attempts: attempts, first: .seconds(1)), fuse: DeadLetterFuse(log: log), clock: clock,
            log: log)
    }

    @discardableResult
    func drain(_ bus: EmbeddedBus) throws -> Drain { try bus.drain(.tenant(tenant)) { true } }

    func letters() throws -> [DeadLetter] {
        try data.inTenant(tenant, .read) { tenant throws(ErrorAnswer) in try tenant.deadLetters.list(limit: 100) }
    }
}

/// Counts the calls of its acts, fails where it is told to, and writes its effect through the transaction it is given.
final class NotingHandler: EventHandler {
    let acts = Condition<[String]>([])
    let failing = Condition<Set<String>>([])
    let sharesTransaction: Bool
    private let pause: Duration

    /// - Parameter pause: how long each act takes.
    init(sharesTransaction: Bool = false, pause: Duration = .zero) {
        self.sharesTransaction = sharesTransaction
        self.pause = pause
    }

    var type: EventType { .documentDeleted }

    func act(on event: Event) throws(ErrorAnswer) {
        let note = event.data["note"]?.string ?? ""
        acts.withLock { $0.append(note) }
        Pause.sleep(pause)
        guard !failing.withLock({ $0.contains(note) }) else { throw ErrorAnswer(.storageUnavailable, cause: "away") }
    }

    func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        // A second event in the same transaction is an effect that a rollback takes back.
        guard case .tenant(let tenant) = home else { throw ErrorAnswer(.internalError) }
        try tenant.events.append(
            Event(
                .auditLog, tenant: event.tenantID, user: nil, at: event.time,
                data: ["note": event.data["note"] ?? .null]))
    }
}

extension EventFixture {
    /// How many sessions wait for a lock in the tenant's database.
    func waiters() throws -> Int64 {
        try count(
            """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """)
    }
}
