/// Requests by route, method and status, and how long they took.
package struct RequestMeter: Sendable {
    private let requests: [MetricCounters]
    private let durations: [MetricHistogram]

    /// Every status that the product answers with; others are counted as `other`.
    private static let statuses = [
        200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 416, 422, 429, 431,
        500,
        502, 503, 504, 507,
    ]

    /// The place of a status among the counters.
    private static let places: [UInt8] = (0..<600).map { status in
        UInt8(statuses.firstIndex(of: status) ?? statuses.count)
    }

    /// - Parameter routes: methods and patterns; a request is counted by its route's index.
    package init(_ board: MetricsBoard, routes: [(method: String, pattern: String)]) {
        let variants = Self.statuses.map(String.init) + ["other"]
        requests = routes.map { route in
            board.counters(
                "saas_http_requests_total", [("method", route.method), ("route", route.pattern)], by: "status",
                variants, help: "Requests that were answered, by route, method and status.")
        }
        durations = routes.map { route in
            board.histogram(
                "saas_http_request_duration_seconds", [("method", route.method), ("route", route.pattern)],
                help: "Time from a request's arrival in the program to its answer.")
        }
    }

    /// Counts one request; one of a route that is not known here is not counted.
    package func count(_ route: Int, status: Int, took duration: Duration) {
        guard requests.indices.contains(route) else { return }
        let place = Self.places.indices.contains(status) ? Int(Self.places[status]) : Self.statuses.count
        requests[route].add(at: place)
        durations[route].record(duration)
    }
}
