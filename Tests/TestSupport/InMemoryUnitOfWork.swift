package import Base
package import Contract
package import Domain
import Glibc

/// The main database and the tenants' databases in memory. One transaction at a time; a throw rolls it back. A
/// transaction begun by the same thread inside another is one of its own.
package final class InMemoryUnitOfWork: UnitOfWork, @unchecked Sendable {  // every access to the state holds `mutex`
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let clock: any WallClock
    private let main = InMemoryMainTables()
    private var tenants: [String: InMemoryTenantTables] = [:]
    private var isMainCut = false
    private var cut: Set<String> = []
    private var commitsUntilLostAnswer: Int?
    private var interjection: (() -> Void)?

    package init(clock: any WallClock) {
        self.clock = clock
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
        main.databases = self
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func inMain<R>(
        _ access: DataAccess, _ body: (MainRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try locked { () throws(ErrorAnswer) in
            guard !isMainCut else { throw ErrorAnswer(.serviceUnavailable, cause: "cut") }
            if access != .read, let interjection {
                self.interjection = nil
                interjection()
            }
            let result = try run(access) { transaction throws(ErrorAnswer) in
                try body(main.repositories(transaction, clock))
            }
            if access != .read, let left = commitsUntilLostAnswer {
                commitsUntilLostAnswer = left > 1 ? left - 1 : nil
                guard left > 1 else { throw ErrorAnswer(.serviceUnavailable, cause: "connection lost at commit") }
            }
            return result
        }
    }

    package func inTenant<R>(
        _ tenant: TenantDatabase, _ access: DataAccess, _ body: (TenantRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try locked { () throws(ErrorAnswer) in
            guard let tables = tenants[tenant.name], !cut.contains(tenant.name) else {
                throw ErrorAnswer(.serviceUnavailable, cause: "no database \(tenant.name)")
            }
            return try run(access) { transaction throws(ErrorAnswer) in
                try body(tables.repositories(transaction, clock))
            }
        }
    }

    // MARK: - What tests look at

    /// The names of the tenant databases that exist.
    package var databases: Set<String> { locked { Set(tenants.keys) } }
    /// Rows of tenants and of memberships, in any state.
    package var tenantRows: Int { locked { main.tenants.rows.count } }
    package var membershipRows: Int { locked { main.memberships.rows.count } }
    package var familyRows: Int { locked { main.families.rows.count } }
    package var liveFamilies: Int { locked { main.families.rows.values.filter { $0.revokedAt == nil }.count } }

    /// The events that wait in a tenant's outbox (the main one without a tenant), oldest first.
    package func events(of tenant: TenantDatabase? = nil) -> [Event] {
        locked { outbox(of: tenant).rows.values.map(\.event).sorted { $0.id < $1.id } }
    }

    /// The audit trail of a tenant (the main one without a tenant), oldest first.
    package func audit(of tenant: TenantDatabase? = nil) -> [AuditEntry] {
        let entries = locked { (tenant.map { tenants[$0.name]?.audit ?? InMemoryTable() } ?? main.audit).rows.values }
        return entries.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    /// The causes of the dead letters of a tenant (of the main database without one).
    package func deadLetters(of tenant: TenantDatabase? = nil) -> [String] {
        locked { tenant.map { tenants[$0.name]?.dead ?? InMemoryTable() } ?? main.dead }.rows.values.map {
            $0.cause ?? ""
        }.sorted()
    }

    /// How many tries of the event failed; nil when it is not in the outbox.
    package func attempts(of event: EventID, in tenant: TenantDatabase? = nil) -> Int? {
        locked { outbox(of: tenant)[event]?.attempts }
    }

    // MARK: - What tests break

    /// How many databases wait for tenants.
    package var spareDatabases: Int { locked { main.spares.rows.count } }

    /// Adds a database that waits for a tenant.
    package func addSpareDatabase() {
        locked {
            let transaction = InMemoryTransaction(mayWrite: true)
            transaction.put(true, at: (main.spares.rows.keys.max() ?? 0) + 1, in: main.spares)
        }
    }

    package func createDatabase(_ name: String) {
        locked { if tenants[name] == nil { tenants[name] = InMemoryTenantTables() } }
    }

    package func dropDatabase(_ name: String) { locked { tenants[name] = nil } }

    /// Cuts the way to a tenant's database (to the main one without a name), or mends it.
    package func setCut(_ isCut: Bool, database name: String? = nil) {
        locked {
            guard let name else { return isMainCut = isCut }
            if isCut { cut.insert(name) } else { cut.remove(name) }
        }
    }

    /// The answer of the main database's `number`th commit from now is lost: it happened, and the caller sees a failure.
    package func loseAnswer(ofCommit number: Int) { locked { commitsUntilLostAnswer = number } }

    /// Runs the closure once, when somebody is about to begin a writing transaction on the main database.
    package func beforeNextMainWrite(_ body: @escaping () -> Void) { locked { interjection = body } }

    /// Puts an event of a type that nobody knows into a tenant's outbox.
    package func plantUnknownEvent(_ event: Event, in tenant: TenantDatabase) {
        locked {
            InMemoryTransaction(mayWrite: true).put(
                InMemoryOutbox.Entry(event: event, isKnown: false, due: clock.now()), at: event.id,
                in: outbox(of: tenant))
        }
    }

    private func outbox(of tenant: TenantDatabase?) -> InMemoryTable<EventID, InMemoryOutbox.Entry> {
        guard let tenant else { return main.outbox }
        return tenants[tenant.name]?.outbox ?? InMemoryTable()
    }

    private func run<R>(
        _ access: DataAccess, _ body: (InMemoryTransaction) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        let transaction = InMemoryTransaction(mayWrite: access != .read)
        do {
            return try body(transaction)
        } catch {
            transaction.rollBack()
            throw error
        }
    }

    private func locked<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}
