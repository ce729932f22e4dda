import Base
import Crypto
import Glibc

/// Threads that hash beside those that receive: an upload that has the machine to itself is read, hashed twice and
/// written on several processors.
///
/// One fewer than there are processors. What waits while they are busy is hashed together, which takes little longer than
/// one alone (`MD5Stream`): the more uploads there are, the less each costs.
package final class HashLanes: Sendable {
    private struct State {
        var jobs: [SideDigest] = []
        var isStopping = false
    }

    private let state = Condition(State())
    private let room: Int

    /// - Parameter count: how many threads; none hashes everything in place.
    package init(count: Int = max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)) {
        room = count * MD5Stream.lanes
        let state = state
        for _ in 0..<count {
            _ = WorkerThread(name: "hash", stackBytes: 256 << 10) {
                while let jobs = Self.next(state) { SideDigest.run(jobs) }
            }
        }
    }

    deinit { state.update { $0.isStopping = true } }

    /// Has a lane run the job soon; false when too many wait, with nothing done.
    func take(_ job: SideDigest) -> Bool {
        guard room > 0 else { return false }
        return state.update { state in
            guard state.jobs.count < room else { return false }
            state.jobs.append(job)
            return true
        }
    }

    /// What goes in step, from the front of those that wait; nil at the end.
    private static func next(_ state: Condition<State>) -> [SideDigest]? {
        let jobs = state.wait { state -> [SideDigest]? in
            guard !state.jobs.isEmpty || state.isStopping else { return nil }
            let jobs = Array(state.jobs.prefix(MD5Stream.lanes))
            state.jobs.removeFirst(jobs.count)
            return jobs
        }
        return jobs?.isEmpty == false ? jobs : nil
    }
}
