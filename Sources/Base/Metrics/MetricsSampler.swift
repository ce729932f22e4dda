/// Asks every second for what is not counted where it happens, on a thread of its own.
package final class MetricsSampler: Sendable {
    private let sample: @Sendable () -> Void
    private let stopping = Condition(false)
    private let thread = Condition<WorkerThread?>(nil)

    /// - Parameter sample: reads numbers and sets them; must not block for long.
    package init(_ sample: @escaping @Sendable () -> Void) { self.sample = sample }

    package func start() {
        let started = WorkerThread(name: "metrics") { [self] in
            while !stopping.withLock({ $0 }) {
                sample()
                _ = stopping.wait(until: .now + .seconds(1)) { $0 ? true : nil }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread.
    package func stop() {
        stopping.update { $0 = true }
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        started?.join()
    }
}
