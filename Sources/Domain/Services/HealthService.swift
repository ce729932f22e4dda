package import Base
import Contract

/// Whether the product's parts work.
///
/// An answer is kept for a second: probes come often, and a part that hangs must not take every thread.
package final class HealthService: Sendable {
    private let data: any UnitOfWork
    private let objects: any ObjectLocator
    private let clock: any WallClock
    private let started: Timestamp
    private let latest = Condition<Latest>(Latest())

    private struct Latest {
        var report: Report?
        var asked = Timestamp(microseconds: .min / 2)
    }

    private static let lifetime: Duration = .seconds(1)

    package init(data: any UnitOfWork, objects: any ObjectLocator, clock: any WallClock) {
        self.data = data
        self.objects = objects
        self.clock = clock
        started = clock.now()
    }

    package enum State: String, Sendable {
        case healthy, degraded, unhealthy
    }

    package struct Report: Sendable {
        package let state: State
        /// Each part and whether it works.
        package let parts: [(name: StaticString, isWorking: Bool)]
        package let uptime: Duration
    }

    /// What the parts answered at most a second ago. Unhealthy only without the main database: without it no request
    /// can be answered. Blocks while the parts are asked, one caller a second.
    package func report() -> Report {
        let now = clock.now()
        let kept = latest.withLock { latest -> Report? in
            guard let report = latest.report, now - latest.asked < Self.lifetime else {
                latest.asked = now  // this caller asks; others take what was known until it is back
                return nil
            }
            return report
        }
        if let kept { return kept }
        let report = ask()
        latest.withLock { $0.report = report }
        return report
    }

    /// How the event bus stands, as its workers last said. Unhealthy only without the main database.
    package func busReport() -> Report {
        let found = try? data.inMain(.read) { main throws(ErrorAnswer) in
            try main.operations.heartbeats(since: clock.now() - Self.workerSilence)
        }
        let workers = found ?? []
        var parts: [(name: StaticString, isWorking: Bool)] = [
            ("database", found != nil), ("event_worker", !workers.isEmpty),
            ("delivery", workers.allSatisfy { $0.alarm == nil }),
        ]
        if workers.contains(where: { $0.broker != .none }) {
            parts.append(("kafka", !workers.contains { $0.broker == .down }))
        }
        let state: State = found == nil ? .unhealthy : parts.allSatisfy(\.isWorking) ? .healthy : .degraded
        return Report(state: state, parts: parts, uptime: clock.now() - started)
    }

    private func ask() -> Report {
        let workers = try? data.inMain(.read) { main throws(ErrorAnswer) in
            try main.operations.heartbeats(since: clock.now() - Self.workerSilence)
        }
        var parts: [(name: StaticString, isWorking: Bool)] = [
            ("database", workers != nil), ("object_store", (try? objects.check()) != nil),
        ]
        // Known through the event workers, which alone speak to it; not named where it is not configured.
        if let workers, workers.contains(where: { $0.broker != .none }) {
            parts.append(("kafka", !workers.contains { $0.broker == .down }))
        }
        let state: State = workers == nil ? .unhealthy : parts.allSatisfy(\.isWorking) ? .healthy : .degraded
        return Report(state: state, parts: parts, uptime: clock.now() - started)
    }

    /// What an event worker said longer ago does not count.
    private static let workerSilence: Duration = .seconds(15)
}
