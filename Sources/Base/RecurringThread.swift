/// A thread of its own that does the same again and again, with a pause after each time.
package final class RecurringThread: Sendable {
    private let name: String
    private let work: @Sendable () -> Duration
    private let stopping = Condition(false)
    private let thread = Condition<WorkerThread?>(nil)

    /// - Parameters:
    ///   - name: as the system shows the thread.
    ///   - work: `stop` waits for it to return.
    package convenience init(name: String, pause: Duration, _ work: @escaping @Sendable () -> Void) {
        self.init(name: name) {
            work()
            return pause
        }
    }

    /// - Parameters:
    ///   - name: as the system shows the thread.
    ///   - work: says how long the pause after it is; `stop` waits for it to return.
    package init(name: String, _ work: @escaping @Sendable () -> Duration) {
        self.name = name
        self.work = work
    }

    /// Starts the thread, which does its work at once for the first time.
    package func start() {
        let started = WorkerThread(name: name) { [self] in
            while !stopping.withLock({ $0 }) {
                let pause = work()
                _ = stopping.wait(until: .now + pause) { $0 ? true : nil }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread; waits for the work at hand.
    package func stop() {
        stopping.update { $0 = true }
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        started?.join()
    }
}
