import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

/// What is counted of requests, and the page that shows it.
struct MetricsPageTests {
    private let product: InMemoryProduct
    private let home = MetricsHome()
    private let pipeline: Pipeline
    private let page: MetricsPage

    init() throws {
        let product = try InMemoryProduct()
        let router = Router(WebFixture.routes(product))
        self.product = product
        pipeline = Pipeline(
            router: router, auth: product.auth, rateLimiter: InMemoryRateLimiter(limit: nil), maxUploadBytes: 1000,
            metrics: RequestMetrics(home, router: router), clock: product.clock,
            log: Log(component: "test", level: .error, sink: { _ in }))
        page = MetricsPage(home, data: product.data, clock: product.clock)
    }

    private var lines: Set<String> {
        Set(String(decoding: page.respond(to: .get).body, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    private func send(_ target: String, token: String? = nil, phase: Request.Phase = .normal, length: Int64? = nil) {
        var headers = ["content-type": "application/json"]
        headers["authorization"] = token.map { "Bearer \($0)" }
        _ = pipeline.respond(
            to: WebFixture.request(
                phase == .uploadAuthorization ? .post : .get, target, headers: headers, phase: phase, length: length))
    }

    @Test func requestsAreCountedByTheirPattern() {
        send("/api/tenants/1/documents")
        send("/api/tenants/2/documents")
        send("/nowhere/at/all")
        #expect(
            lines.contains(
                #"saas_http_requests_total{method="GET",route="/api/tenants/{tenant_id}/documents",status="401"} 2"#))
        #expect(lines.contains(#"saas_http_requests_total{method="other",route="none",status="404"} 1"#))
        #expect(!lines.contains { $0.contains("nowhere") })
    }

    @Test func uploadThatIsLetInIsNotCountedHere() throws {
        let ada = try product.register("ada")
        let access = try product.tenant(by: ada)
        let token = try product.login(ada).tokens.access
        let path = "/api/tenants/\(access.tenant.id)/documents"
        send(path, token: token, phase: .uploadAuthorization, length: 500)
        #expect(!lines.contains { $0.hasPrefix("saas_http_requests_total") && $0.contains("POST") })
        #expect(lines.contains("saas_tenant_requests_total{tenant=\"\(access.tenant.id)\"} 1"))
        send(path, phase: .uploadAuthorization, length: 500)
        #expect(
            lines.contains(
                #"saas_http_requests_total{method="POST",route="/api/tenants/{tenant_id}/documents",status="401"} 1"#))
    }

    @Test func standingOfEventsIsShown() throws {
        try product.data.inMain(.write) { main throws(ErrorAnswer) in
            try main.operations.note(
                EventBacklog(pending: 3, oldest: product.clock.now() - .milliseconds(2500), dead: 1), of: nil,
                at: product.clock.now())
            try main.operations.add([EventCount(type: "document.uploaded", outcome: .consumed, total: 4)])
            try main.operations.add([EventCount(type: "document.uploaded", outcome: .consumed, total: 3)])
            try main.operations.beat(
                WorkerHeartbeat(worker: "w", seen: product.clock.now(), broker: .up, lag: 12, alarm: nil))
        }
        #expect(
            lines.isSuperset(of: [
                "saas_main_database_up 1", "saas_outbox_pending_events 3", "saas_outbox_oldest_event_age_seconds 2.5",
                "saas_dead_events 1", "saas_event_workers 1", "saas_kafka_up 1", "saas_kafka_consumer_lag_messages 12",
                #"saas_events_total{type="document.uploaded",outcome="consumed"} 7"#,
            ]))
    }

    @Test func pageIsForReadingAlone() {
        #expect(page.respond(to: .post).status == 405)
        let answer = page.respond(to: .get)
        #expect(answer.status == 200)
        #expect(
            answer.headers.contains {
                $0.name == "Content-Type" && $0.value == "text/plain; version=0.0.4; charset=utf-8"
            })
    }
}
