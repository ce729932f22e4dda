package import Base

/// Stops the burying of events when most of them would die: then the fault is ours (a store that is away, a bad
/// release), not the events'.
package final class DeadLetterFuse: Sendable {
    private struct State {
        /// How the last events ended, true for death; the oldest first.
        var ends: [Bool] = []
        var isBlown = false
    }

    private let state = Condition(State())
    private let window: Int
    private let share: Int
    private let log: Log

    /// Deaths of fewer events than this never blow it: a few bad messages are not an outage.
    private static let least = 8

    /// - Parameters:
    ///   - window: how many ends are looked at.
    ///   - share: the percentage of deaths above which nothing more is buried; 100 for never.
    package init(window: Int = 20, share: Int = 50, log: Log) {
        self.window = max(window, Self.least)
        self.share = share
        self.log = log
    }

    /// Asks before an event is buried; false when it must be kept and tried again later.
    package func permitsDeath() -> Bool {
        let (isPermitted, blew) = state.withLock { state in
            add(true, to: &state)
            let deaths = state.ends.count { $0 }
            let isPermitted = deaths < Self.least || deaths * 100 <= state.ends.count * share
            let blew = !isPermitted && !state.isBlown
            state.isBlown = !isPermitted
            return (isPermitted, blew)
        }
        if blew { log.error("most events fail for good; none are given up until some succeed") }
        return isPermitted
    }

    /// Notes that an event was handled.
    package func succeeded() {
        state.withLock { state in
            add(false, to: &state)
            state.isBlown = state.isBlown && state.ends.count { $0 } * 100 > state.ends.count * share
        }
    }

    /// Why delivery is held up; nil while it is not.
    package var alarm: String? {
        state.withLock { $0.isBlown } ? "most events fail for good; none are given up until some succeed" : nil
    }

    private func add(_ isDeath: Bool, to state: inout State) {
        state.ends.append(isDeath)
        if state.ends.count > window { state.ends.removeFirst() }
    }
}
