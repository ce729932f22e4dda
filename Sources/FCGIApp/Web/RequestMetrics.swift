package import Base
import Domain

/// Counts what the pipeline answers: each request once, under the route it came to.
package struct RequestMetrics: Sendable {
    private let requests: RequestMeter
    private let tenants: TenantMeter

    /// Behind the routes of the router: where no route was found, and the door of signed downloads.
    private let unknown: Int
    private let download: Int

    package init(_ home: MetricsHome, router: Router) {
        var routes = router.routes.map { (method: $0.method.rawValue, pattern: $0.pattern) }
        unknown = routes.count
        download = routes.count + 1
        routes += [(method: "other", pattern: "none"), (method: "GET", pattern: "/objects/{key}")]
        requests = RequestMeter(home.board, routes: routes)
        tenants = home.tenants
    }

    /// Counts one answer of the pipeline. An upload that was let in is counted by the sidecar when it ends; one that was
    /// refused ends here.
    func count(_ request: Request, _ trace: RequestTrace, _ response: Response, took duration: Duration) {
        if request.phase != .uploadAuthorization || response.status >= 300 {
            requests.count(trace.routeNumber ?? unknown, status: response.status, took: duration)
        }
        guard let tenant = trace.tenant?.tenantID else { return }
        tenants.count(
            tenant, requests: 1, received: request.phase == .uploadAuthorization ? 0 : request.contentLength ?? 0,
            sent: Int64(response.body.count))
    }

    /// Counts one answer of the door of signed downloads.
    package func countDownload(_ response: Response, took duration: Duration) {
        requests.count(download, status: response.status, took: duration)
    }
}
