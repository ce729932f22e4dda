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

    private func ask() -> Report {
        let database =
            (try? data.inMain(.read) { main throws(ErrorAnswer) in _ = try main.tenants.find(Self.nobody) }) != nil
        let store = (try? objects.check()) != nil
        let state: State = !database ? .unhealthy : store ? .healthy : .degraded
        return Report(
            state: state, parts: [("database", database), ("object_store", store)], uptime: clock.now() - started)
    }

    private static let nobody = TenantID(high: 0, low: 0)
}
