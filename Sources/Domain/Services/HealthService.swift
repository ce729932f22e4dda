package import Base
import Contract

/// Whether the product's parts work.
package struct HealthService: Sendable {
    private let data: any UnitOfWork
    private let objects: any ObjectLocator
    private let clock: any WallClock
    private let started: Timestamp

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

    /// Asks every part. Unhealthy only without the main database: without it no request can be answered.
    package func report() -> Report {
        let database =
            (try? data.inMain(.read) { main throws(ErrorAnswer) in _ = try main.tenants.find(Self.nobody) }) != nil
        let store = (try? objects.check()) != nil
        let state: State = !database ? .unhealthy : store ? .healthy : .degraded
        return Report(
            state: state, parts: [("database", database), ("object_store", store)], uptime: clock.now() - started)
    }

    private static let nobody = TenantID(high: 0, low: 0)
}
