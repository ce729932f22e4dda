package import Contract
package import Domain
import Synchronization

/// Makes tenant databases in memory; fails where a test says so.
package final class InMemoryProvisioner: TenantProvisioner {
    package enum Step: Sendable, CaseIterable {
        /// Nothing was made yet.
        case beforeCreation
        /// The database is there, its schema is not.
        case afterCreation
        /// What was made cannot be removed.
        case removal
    }

    private struct State {
        var failing: Set<Step> = []
        var failsNextRemoval = false
        var duringPreparation: (@Sendable () -> Void)?
    }

    private let data: InMemoryUnitOfWork
    private let state = Mutex<State>(State())

    package init(data: InMemoryUnitOfWork) { self.data = data }

    /// The steps that fail from now on.
    package func fail(at steps: Set<Step>) { state.withLock { $0.failing = steps } }

    /// The next removal fails, and none after it.
    package func failNextRemoval() { state.withLock { $0.failsNextRemoval = true } }

    /// Runs the closure once, in the middle of the next preparation.
    package func duringNextPreparation(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.duringPreparation = body }
    }

    package func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer) {
        try pass(.beforeCreation)
        data.addSpareDatabase()
        interject()
        try pass(.afterCreation)
    }

    package func migrate(_ database: TenantDatabase) throws(ErrorAnswer) {
        try pass(.beforeCreation)
        guard data.databases.contains(database.name) else {
            throw ErrorAnswer(.serviceUnavailable, cause: "no such database")
        }
    }

    private func interject() {
        let body = state.withLock { state in
            defer { state.duringPreparation = nil }
            return state.duringPreparation
        }
        body?()
    }

    package func remove(_ database: TenantDatabase) throws(ErrorAnswer) {
        try pass(.removal)
        let fails = state.withLock { state in
            defer { state.failsNextRemoval = false }
            return state.failsNextRemoval
        }
        guard !fails else { throw ErrorAnswer(.serviceUnavailable, cause: "removal") }
        data.dropDatabase(database.name)
    }

    private func pass(_ step: Step) throws(ErrorAnswer) {
        guard !state.withLock({ $0.failing.contains(step) }) else {
            throw ErrorAnswer(.serviceUnavailable, cause: "\(step)")
        }
    }
}
