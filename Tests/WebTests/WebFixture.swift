import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

/// The public routes and the sidecar's, on services in memory.
struct WebFixture {
    let product: InMemoryProduct
    let downloads: DownloadRoute
    private let pipeline: Pipeline
    private let handOff: Pipeline

    /// - Parameters: requests an hour of a user and of a tenant, bytes an hour that a user uploads.
    init(limit: Int? = nil, perTenant: Int? = nil, uploadBytes: Int? = nil) throws {
        let product = try InMemoryProduct()
        let limiter = InMemoryRateLimiter(limit: limit, perTenant: perTenant, uploadBytes: uploadBytes)
        func makePipeline(_ routes: [Route]) -> Pipeline {
            Pipeline(
                router: Router(routes), auth: product.auth, rateLimiter: limiter, maxUploadBytes: 1000,
                clock: product.clock,
                log: Log(component: "test", level: .error, sink: { _ in }))
        }
        self.product = product
        downloads = DownloadRoute(documents: product.documents, links: product.links, clock: product.clock)
        pipeline = makePipeline(Self.routes(product))
        handOff = makePipeline(HandOffRoutes(uploads: product.uploads).routes)
    }

    static func routes(_ product: InMemoryProduct) -> [Route] {
        HealthRoutes(health: product.health).routes + AuthRoutes(auth: product.auth).routes
            + UserRoutes(users: product.users, auth: product.auth).routes
            + TenantRoutes(tenants: product.tenants, members: product.members, users: product.users).routes
            + MemberRoutes(members: product.members).routes
            + DocumentRoutes(documents: product.documents, uploads: product.uploads).routes
            + FileRoutes(files: product.files).routes
    }

    /// A request to the public routes, its query after `?`.
    func send(
        _ method: Request.Method, _ target: String, token: String? = nil, body: String? = nil,
        phase: Request.Phase = .normal, length: Int64? = nil, more: [String: String] = [:]
    ) -> Response {
        var headers = more.merging(["content-type": "application/json"]) { $1 }
        headers["authorization"] = token.map { "Bearer \($0)" }
        return pipeline.respond(
            to: Self.request(method, target, headers: headers, body: body, phase: phase, length: length))
    }

    /// A request for the present user with this Authorization header.
    func send(authorization: String) -> Response {
        pipeline.respond(to: Self.request(.get, "/api/users/me", headers: ["authorization": authorization]))
    }

    /// A call of the upload sidecar.
    func call(_ path: String, _ message: some JSONWritable) -> Response {
        handOff.respond(
            to: Self.request(.post, path, headers: [:], body: String(decoding: message.jsonBytes, as: UTF8.self)))
    }

    func download(_ url: String, method: Request.Method = .get) -> Response {
        downloads.respond(
            to: Self.request(method, url.replacing("http://files.test", with: ""), headers: [:], phase: .download))
    }

    static func request(
        _ method: Request.Method, _ target: String, headers: [String: String] = ["content-type": "application/json"],
        body: String? = nil, phase: Request.Phase = .normal, length: Int64? = nil
    ) -> Request {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        var query: [String: String] = [:]
        if parts.count == 2 {
            for pair in parts[1].split(separator: "&") {
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                query[String(halves[0])] = PercentEncoding.decode(halves.count == 2 ? halves[1] : "", plusIsSpace: true)
            }
        }
        let segments = parts[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let bytes = Array((body ?? "").utf8)
        return Request(
            method: method, segments: segments == [""] ? [] : segments, rawPath: parts[0],
            rawQuery: parts.count == 2 ? parts[1] : "", query: query, headers: headers, requestID: "request",
            phase: phase, contentLength: length ?? Int64(bytes.count), body: BytesBody(bytes))
    }

    func token(_ user: User) throws -> String { try product.login(user).tokens.access }
}

extension Response {
    /// The whole body.
    var json: JSONValue? { try? JSONValue(parsing: body) }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The `data` of a success.
    var data: JSONValue? { json?["data"] }
    /// The error's code.
    var code: String? { json?["error"]?["code"]?.string }
    /// What is wrong with which field.
    var fields: [String: String] {
        (json?["error"]?["details"]?["fields"]?.object ?? [:]).compactMapValues(\.string)
    }

    /// Every value of a header.
    func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
}

extension JSONValue {
    /// The names of an object's members, sorted.
    var keys: [String] { (object ?? [:]).keys.sorted() }

    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
