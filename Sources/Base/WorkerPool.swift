/// A few threads that run closures from a bounded queue, for work that must not take every core.
package final class WorkerPool: Sendable {
    private struct State {
        var queue: [@Sendable () -> Void] = []
        var stopping = false
    }

    private let state = Condition(State())
    private let threads: [WorkerThread]
    private let capacity: Int

    /// - Parameters:
    ///   - name: of the threads.
    ///   - threads: how many run at once.
    ///   - capacity: how many closures may wait; the next is refused.
    ///   - niceness: of the threads, 0 to 19.
    ///   - before: runs before each closure, on its thread.
    package init(
        name: String, threads: Int, capacity: Int, niceness: Int32 = 0, before: (@Sendable () -> Void)? = nil
    ) {
        self.capacity = capacity
        let state = state
        self.threads = (0..<threads).map { _ in
            WorkerThread(name: name, niceness: niceness) {
                while let job = state.wait({ state -> (@Sendable () -> Void)?? in
                    if !state.queue.isEmpty { return .some(state.queue.removeFirst()) }
                    return state.stopping ? .some(nil) : nil
                }) ?? nil {
                    before?()
                    job()
                }
            }
        }
    }

    /// Runs the closure on one of the pool's threads and blocks until it has finished.
    ///
    /// - Throws: `WorkerPoolFull` at once when the queue is full or the pool has stopped.
    package func run<R: Sendable>(_ body: @escaping @Sendable () -> R) throws(WorkerPoolFull) -> R {
        let answer = Condition<R?>(nil)
        let accepted = state.update { state in
            guard state.queue.count < capacity, !state.stopping else { return false }
            state.queue.append {
                let result = body(); answer.update { $0 = result }
            }
            return true
        }
        guard accepted, let result = answer.wait({ $0 }) else { throw WorkerPoolFull() }
        return result
    }

    /// Lets queued work finish, then ends the threads. Blocks until they are gone.
    package func stop() {
        state.update { $0.stopping = true }
        for thread in threads { thread.join() }
    }
}

/// The queue of a worker pool is full.
package struct WorkerPoolFull: Error {}
