import Base
import Glibc

/// Threads that hash beside those that receive: an upload that has the machine to itself is read, hashed twice and
/// written on several processors.
///
/// One fewer than there are processors; when all are taken, work is not queued but stays with who has it, so many
/// uploads at once cost no hand-over.
package final class HashLanes: Sendable {
    private struct State {
        var idle: Int
        var jobs: [SideDigest] = []
        var isStopping = false
    }

    private let state: Condition<State>

    /// - Parameter count: how many threads; none hashes everything in place.
    package init(count: Int = max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)) {
        let state = Condition(State(idle: count))
        self.state = state
        for _ in 0..<count {
            _ = WorkerThread(name: "hash", stackBytes: 256 << 10) {
                while let job = state.wait({ state -> SideDigest?? in
                    if let job = state.jobs.popLast() { return .some(job) }
                    return state.isStopping ? .some(nil) : nil
                }) ?? nil {
                    job.run()
                    state.withLock { $0.idle += 1 }
                }
            }
        }
    }

    deinit { state.update { $0.isStopping = true } }

    /// Has a lane run the job; false when none is idle, with nothing done.
    func take(_ job: SideDigest) -> Bool {
        guard state.withLock({ $0.idle > 0 }) else { return false }
        return state.update { state in
            guard state.idle > 0 else { return false }
            state.idle -= 1
            state.jobs.append(job)
            return true
        }
    }
}
