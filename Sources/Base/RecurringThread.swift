/// A thread of its own that does the same again and again, with a pause after each time.
package final class RecurringThread: Sendable {
    private let name: String
    private let pause: Duration
    private let work: @Sendable () -> Void
    private let stopping = Condition(false)
    private let thread = Condition<WorkerThread?>(nil)

    /// - Parameters:
    ///   - name: as the system shows the thread.
    ///   - work: `stop` waits for it to return.
    package init(name: String, pause: Duration, _ work: @escaping @Sendable () -> Void) {
        self.name = name
        self.pause = pause
        self.work = work
    }

    /// Starts the thread, which does its work at once for the first time.
    package func start() {
        let started = WorkerThread(name: name) { [self] in
            while !stopping.withLock({ $0 }) {
                work()
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
