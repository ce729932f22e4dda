import Backup
import Base

/// Runs a closure when a part ends for the first time.
struct PartEnds: BackupProgress {
    private struct State {
        var present = ""
        var isDone = false
    }

    private let part: String
    private let action: @Sendable () -> Void
    private let state = Condition(State())

    init(_ part: String = "", then action: @escaping @Sendable () -> Void = {}) {
        self.part = part
        self.action = action
    }

    func begin(_ part: String, bytes: Int64?) { state.withLock { $0.present = part } }
    func advance(_ bytes: Int64) {}

    func end() {
        let isNow = state.withLock { state in
            guard state.present == part, !state.isDone else { return false }
            state.isDone = true
            return true
        }
        if isNow { action() }
    }
}
