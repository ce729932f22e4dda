package import Base
package import Contract
package import Domain
import Synchronization

/// Both sides of the doorbell. Waiting for a ring returns at once.
package final class InMemoryDoorbell: Doorbell, DoorbellBoard {
    private struct State {
        var rings: [Outbox: Timestamp] = [:]
        var listener: (@Sendable (Outbox) -> Void)?
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    package init(clock: any WallClock) { self.clock = clock }

    /// Runs the closure at every ring.
    package func onRing(_ listener: @escaping @Sendable (Outbox) -> Void) {
        state.withLock { $0.listener = listener }
    }

    package func ring(_ outbox: Outbox) {
        let listener = state.withLock { state in
            state.rings[outbox] = clock.now()
            return state.listener
        }
        listener?(outbox)
    }

    package func waitForRings(timeout: Duration) -> [Ring] { [] }

    package func rungOutboxes() throws(ErrorAnswer) -> [Outbox] {
        state.withLock { $0.rings.sorted { $0.value < $1.value }.map(\.key) }
    }

    package func silence(_ outbox: Outbox, before time: Timestamp) throws(ErrorAnswer) {
        state.withLock { state in
            if let rung = state.rings[outbox], rung < time { state.rings[outbox] = nil }
        }
    }
}
