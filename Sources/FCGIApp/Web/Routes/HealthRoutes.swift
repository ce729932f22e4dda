package import Base
import Contract
package import Domain

/// The root and the health checks, the area checks of the old system included.
package struct HealthRoutes: Sendable {
    private let health: HealthService

    package init(health: HealthService) { self.health = health }

    package var routes: [Route] {
        [
            Route(.get, "/", .open { _ throws(ErrorAnswer) in answer(message: "Multi-tenant document service.") }),
            Route(.get, "/health", .open { _ throws(ErrorAnswer) in answer(message: "Health of all parts.") }),
            Route(.get, "/health/live", .open { _ throws(ErrorAnswer) in .success(Alive(), message: "Alive.") }),
            Route(.get, "/health/ready", .open { _ throws(ErrorAnswer) in try ready() }),
            Route(.get, "/health/startup", .open { _ throws(ErrorAnswer) in try ready() }),
        ]
            + [
                "/api/auth/health", "/api/users/health", "/api/tenants/health",
                "/api/tenants/{tenant_id}/documents/health", "/api/files/health",
            ].map { pattern in
                Route(.get, pattern, .open { _ throws(ErrorAnswer) in answer(message: "Health of all parts.") })
            }
            + [
                Route(
                    .get, "/api/demo/kafka/health",
                    .open { _ throws(ErrorAnswer) in .success(health.busReport(), message: "Health of the event bus.") }
                )
            ]
    }

    private func answer(message: StaticString) -> Response { .success(health.report(), message: message) }

    /// 503 only without the main database; what else is missing is named in a 200.
    private func ready() throws(ErrorAnswer) -> Response {
        let report = health.report()
        guard report.state != .unhealthy else {
            throw ErrorAnswer(.serviceUnavailable, message: "The main database cannot be reached.")
        }
        return .success(report, message: "Ready.")
    }

    private struct Alive: JSONWritable {
        func write(to json: inout JSONWriter) {
            json.object { $0.member("status", HealthService.State.healthy.rawValue) }
        }
    }
}

extension HealthService.Report: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("status", state.rawValue)
            json.key("components")
            json.object { json in
                for part in parts { json.member(part.name, part.isWorking ? "healthy" : "unhealthy") }
            }
            json.member("uptime_seconds", uptime.components.seconds)
        }
    }
}
