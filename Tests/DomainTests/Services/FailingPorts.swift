import Base
import Contract
import Domain
import Synchronization
import TestSupport

/// A product whose process dies at its n-th step to the outside: from that call on everything fails.
final class DyingProcess: Sendable {
    private struct State {
        var calls = 0
        var deathAt: Int?
        var diesAfterwards: Bool
        var isDead = false
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - call: the number of the call at which it dies; nil for never.
    ///   - afterwards: the call takes effect, and its answer is lost.
    init(at call: Int?, afterwards: Bool = false) {
        state = Mutex(State(deathAt: call, diesAfterwards: afterwards))
    }

    var calls: Int { state.withLock { $0.calls } }

    func call<R>(_ body: () throws(ErrorAnswer) -> R) throws(ErrorAnswer) -> R {
        let (isDead, diesNow) = state.withLock { state in
            state.calls += 1
            let diesNow = state.calls == state.deathAt
            if diesNow { state.isDead = true }
            return (state.isDead && !(diesNow && state.diesAfterwards), diesNow)
        }
        guard !isDead else { throw ErrorAnswer(.serviceUnavailable, cause: "dead") }
        let result = try body()
        guard !diesNow else { throw ErrorAnswer(.serviceUnavailable, cause: "dead") }
        return result
    }
}

/// The ports of a process that dies.
struct DyingUnitOfWork: UnitOfWork {
    let process: DyingProcess
    let data: any UnitOfWork

    func inMain<R>(
        _ access: DataAccess, _ body: (MainRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try process.call { () throws(ErrorAnswer) in try data.inMain(access, body) }
    }

    func inTenant<R>(
        _ tenant: TenantDatabase, _ access: DataAccess, _ body: (TenantRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try process.call { () throws(ErrorAnswer) in try data.inTenant(tenant, access, body) }
    }
}

struct DyingProvisioner: TenantProvisioner {
    let process: DyingProcess
    let provisioner: any TenantProvisioner

    func migrate(_ database: TenantDatabase) throws(ErrorAnswer) {
        try process.call { () throws(ErrorAnswer) in try provisioner.migrate(database) }
    }

    func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer) {
        try process.call { () throws(ErrorAnswer) in try provisioner.makeSpare(until: deadline) }
    }

    func remove(_ database: TenantDatabase) throws(ErrorAnswer) {
        try process.call { () throws(ErrorAnswer) in try provisioner.remove(database) }
    }
}

struct DyingInventory: ObjectInventory {
    let process: DyingProcess
    let inventory: any ObjectInventory

    func objects(of tenant: TenantID, after: String?, limit: Int) throws(ErrorAnswer) -> [ObjectEntry] {
        try process.call { () throws(ErrorAnswer) in
            try inventory.objects(of: tenant, after: after, limit: limit)
        }
    }

    func holds(key: String) throws(ErrorAnswer) -> Bool {
        try process.call { () throws(ErrorAnswer) in try inventory.holds(key: key) }
    }

    func remove(key: String) throws(ErrorAnswer) {
        try process.call { () throws(ErrorAnswer) in try inventory.remove(key: key) }
    }

    func removeTemporaries(of tenant: TenantID) throws(ErrorAnswer) {
        try process.call { () throws(ErrorAnswer) in try inventory.removeTemporaries(of: tenant) }
    }

    func removeStaleTemporaries(olderThan age: Duration, at now: Timestamp) throws(ErrorAnswer) -> Int {
        try process.call { () throws(ErrorAnswer) in
            try inventory.removeStaleTemporaries(olderThan: age, at: now)
        }
    }
}

/// Counts documents, and sees whether the database is there.
struct InMemoryCensus: TenantCensusTaker {
    let process: DyingProcess
    let data: InMemoryUnitOfWork

    func census(of database: TenantDatabase) throws(ErrorAnswer) -> TenantCensus? {
        try process.call { () throws(ErrorAnswer) in
            guard data.databases.contains(database.name) else { return nil }
            let documents = try data.inTenant(database, .read) { tenant throws(ErrorAnswer) in
                try tenant.documents.list(DocumentQuery()).total
            }
            return TenantCensus(tableRows: ["documents": documents], databaseBytes: 1000)
        }
    }
}
