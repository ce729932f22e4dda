package import Base
package import Contract
package import Domain
import Synchronization

/// Both sides of the doorbell. Waiting for a ring returns at once.
package final class InMemoryDoorbell: Doorbell, DoorbellBoard {
    private struct State {
        var rings: [TenantID: Timestamp] = [:]
        var listener: (@Sendable (TenantID) -> Void)?
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    package init(clock: any WallClock) { self.clock = clock }

    /// Runs the closure at every ring.
    package func onRing(_ listener: @escaping @Sendable (TenantID) -> Void) {
        state.withLock { $0.listener = listener }
    }

    package func ring(_ tenant: TenantID) {
        let listener = state.withLock { state in
            state.rings[tenant] = clock.now()
            return state.listener
        }
        listener?(tenant)
    }

    package func waitForRings(timeout: Duration) -> Set<TenantID> { [] }

    package func rings() throws(ErrorAnswer) -> [Ring] {
        state.withLock { $0.rings.map { Ring(tenant: $0.key, time: $0.value) } }.sorted {
            ($0.time, $0.tenant) < ($1.time, $1.tenant)
        }
    }

    package func silence(_ tenant: TenantID, before time: Timestamp) throws(ErrorAnswer) {
        state.withLock { state in
            if let rung = state.rings[tenant], rung < time { state.rings[tenant] = nil }
        }
    }
}
