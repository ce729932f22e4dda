package import Base
import Contract

/// Writes entries that stand alone on a thread of its own, so that a refusal costs its request nothing.
///
/// The queue is bounded: a flood of refusals cannot fill the memory, nor hold up the database with more than one
/// connection. What does not fit, or cannot be written, is counted and logged.
package final class AuditQueue: AuditSink {
    private struct Item {
        let entry: AuditEntry
        let tenant: TenantDatabase?
    }

    private struct State {
        var items: [Item] = []
        var dropped = 0
        var isStopping = false
    }

    private let data: any UnitOfWork
    private let log: Log
    private let capacity: Int
    private let state = Condition(State())
    private let thread = Condition<WorkerThread?>(nil)

    /// - Parameter capacity: how many entries may wait.
    package init(data: any UnitOfWork, log: Log, capacity: Int = 1000) {
        self.data = data
        self.log = log
        self.capacity = capacity
    }

    /// Starts the thread.
    package func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = WorkerThread(name: "audit") { [self] in
                while writeNext() {}
            }
        }
    }

    package func record(_ entry: AuditEntry, in tenant: TenantDatabase?) {
        state.update { state in
            if state.items.count < capacity, !state.isStopping {
                state.items.append(Item(entry: entry, tenant: tenant))
            } else {
                state.dropped += 1
            }
        }
    }

    /// Writes what waits, then ends the thread. Blocks meanwhile.
    package func stop() {
        state.update { $0.isStopping = true }
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    /// Waits for entries and writes them, a transaction a database; false when it is time to end.
    private func writeNext() -> Bool {
        let taken = state.wait { state -> (items: [Item], dropped: Int)? in
            guard !state.items.isEmpty || state.dropped > 0 || state.isStopping else { return nil }
            defer {
                state.items = []
                state.dropped = 0
            }
            return (state.items, state.dropped)
        }
        guard let taken else { return true }
        if taken.dropped > 0 {
            log.warning("audit entries dropped", ["audit.entries": .integer(Int64(taken.dropped))])
        }
        for (tenant, items) in Dictionary(grouping: taken.items, by: \.tenant) { write(items, to: tenant) }
        return !taken.items.isEmpty || taken.dropped > 0
    }

    private func write(_ items: [Item], to tenant: TenantDatabase?) {
        do throws(ErrorAnswer) {
            if let tenant {
                try data.inTenant(tenant, .write) { repositories throws(ErrorAnswer) in
                    for item in items { try repositories.audit.append(item.entry) }
                }
            } else {
                try data.inMain(.write) { repositories throws(ErrorAnswer) in
                    for item in items { try repositories.audit.append(item.entry) }
                }
            }
        } catch {
            log.warning(
                "audit entries lost",
                [
                    "audit.entries": .integer(Int64(items.count)), "error.code": .text(error.code.rawValue),
                    "error.cause": .text(error.cause ?? ""),
                ])
        }
    }
}
