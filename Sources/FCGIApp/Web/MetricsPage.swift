package import Base
import Contract
package import Domain

/// What Prometheus is told: what the programs of this host have counted, and how the events of the whole installation
/// stand, which every host tells alike.
package struct MetricsPage: Sendable {
    private let home: MetricsHome
    private let data: any UnitOfWork
    private let clock: any WallClock
    private let sample: @Sendable () -> Void

    /// - Parameter sample: brings this process's own gauges up to date.
    package init(
        _ home: MetricsHome, data: any UnitOfWork, clock: any WallClock, sample: @escaping @Sendable () -> Void = {}
    ) {
        self.home = home
        self.data = data
        self.clock = clock
        self.sample = sample
    }

    /// Answers `GET /metrics`. Not a route of the API: nginx lets internal addresses alone come here.
    package func respond(to method: Request.Method) -> Response {
        guard method == .get || method == .head else {
            var response = Response(ErrorAnswer(.methodNotAllowed))
            response.headers.append((name: "Allow", value: "GET, HEAD"))
            return response
        }
        sample()
        return Response(
            status: 200, headers: [(name: "Content-Type", value: MetricsText.contentType)],
            body: MetricsText.render(home.read() + events()))
    }

    /// Nothing but that the database is away, when it is.
    private func events() -> [MetricSeries] {
        let now = clock.now()
        let found = try? data.inMain(.read) { main throws(ErrorAnswer) in
            (
                backlog: try main.operations.totalBacklog(), counts: try main.operations.eventCounts(),
                workers: try main.operations.heartbeats(since: now - Self.workerSilence)
            )
        }
        let up = Self.gauge(
            "saas_main_database_up", found == nil ? 0 : 1, "Whether the main database answered just now.")
        guard let found else { return [up] }
        var series = [
            up,
            Self.gauge("saas_outbox_pending_events", found.backlog.pending, "Events that wait in the outboxes."),
            Self.gauge(
                "saas_outbox_oldest_event_age_seconds",
                max(0, found.backlog.oldest.map { (now - $0).milliseconds } ?? 0), scale: 1000,
                "How long the oldest of them has waited."),
            Self.gauge(
                "saas_dead_events", found.backlog.dead, "Events and messages that were given up and wait for someone."),
            Self.gauge("saas_event_workers", Int64(found.workers.count), "Event workers that were heard of lately."),
            Self.gauge(
                "saas_event_delivery_stopped", found.workers.contains { $0.alarm != nil } ? 1 : 0,
                "Whether events are held back because most of them fail."),
        ]
        let kafka = found.workers.filter { $0.broker != .none }
        if !kafka.isEmpty {
            series.append(
                Self.gauge(
                    "saas_kafka_up", kafka.contains { $0.broker == .down } ? 0 : 1, "Whether all workers reach Kafka."))
            series.append(
                Self.gauge(
                    "saas_kafka_consumer_lag_messages", kafka.reduce(0) { $0 + ($1.lag ?? 0) },
                    "Messages that wait for this product's consumers."))
        }
        for count in found.counts {
            series.append(
                MetricSeries(
                    kind: .counter, name: "saas_events_total",
                    labels: MetricSeries.text([("type", count.type), ("outcome", count.outcome.rawValue)]),
                    variants: "", scale: 1, help: "What became of events, over all workers.",
                    values: [UInt64(max(0, count.total))]))
        }
        return series
    }

    private static func gauge(
        _ name: String, _ value: Int64, scale: Int64 = 1, _ help: String
    ) -> MetricSeries {
        MetricSeries(
            kind: .gauge, name: name, labels: "", variants: "", scale: scale, help: help,
            values: [UInt64(bitPattern: value)])
    }

    /// What an event worker said longer ago does not count.
    private static let workerSilence: Duration = .seconds(15)
}
