import Base
import Domain

/// One run over many tenants: some first as canaries, then the rest by several threads, until too many have failed.
final class FleetRun: Sendable {
    struct Limits: Sendable {
        /// How many are migrated first, one after the other; the first failure among them ends the run.
        var canaries = 0
        /// The number of failures that ends the run; nil for none.
        var stopAfter: Int?
        /// How many are migrated at a time.
        var parallel = 1
    }

    private struct State {
        var rest: ArraySlice<Tenant>
        var outcomes: [TenantMigration.Outcome] = []
        var failed = 0
        var isStopped = false
    }

    private let migration: TenantMigration
    private let limits: Limits
    private let state: Condition<State>
    private let total: Int
    private let progress: @Sendable (_ done: Int, _ failed: Int) -> Void

    /// - Parameter progress: called after each tenant, one call at a time.
    init(
        _ tenants: [Tenant], migration: TenantMigration, limits: Limits,
        progress: @escaping @Sendable (_ done: Int, _ failed: Int) -> Void
    ) {
        self.migration = migration
        self.limits = limits
        self.progress = progress
        total = tenants.count
        state = Condition(State(rest: tenants[...]))
    }

    /// Blocks until it is over; the outcomes in the tenants' order.
    func run() -> [TenantMigration.Outcome] {
        for _ in 0..<min(limits.canaries, total) {
            guard let tenant = next() else { break }
            if finish(migration.run(tenant)) == .failed { state.withLock { $0.isStopped = true } }
        }
        let threads = (0..<limits.parallel).map { number in
            WorkerThread(name: "migrate-\(number)") { [self] in
                while let tenant = next() { _ = finish(migration.run(tenant)) }
            }
        }
        for thread in threads { thread.join() }
        return state.withLock { state in
            let left = state.rest.map { TenantMigration.Outcome(tenant: $0, status: .notTried) }
            return (state.outcomes + left).sorted { $0.tenant.id < $1.tenant.id }
        }
    }

    private func next() -> Tenant? { state.withLock { $0.isStopped ? nil : $0.rest.popFirst() } }

    private func finish(_ outcome: TenantMigration.Outcome) -> TenantMigration.Outcome.Status {
        state.withLock { state in
            state.outcomes.append(outcome)
            if outcome.status == .failed { state.failed += 1 }
            if let stopAfter = limits.stopAfter, state.failed >= stopAfter { state.isStopped = true }
            progress(state.outcomes.count, state.failed)
        }
        return outcome.status
    }
}
