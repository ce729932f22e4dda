import Base
import Domain
import TestSupport
import Testing
import Web

@Suite struct AccessTableTests {
    private let routes: [Route]

    init() throws {
        let product = try InMemoryProduct()
        let demo = DemoService(data: product.data, doorbell: product.doorbell, clock: product.clock)
        routes =
            WebFixture.routes(product) + AuditRoutes(audit: AuditService(data: product.data)).routes
            + DemoRoutes(demo: demo, bus: .embedded).routes
    }

    @Test func routerAndTableAgreeBothWays() {
        #expect(AccessTable.disagreements(with: routes).isEmpty)
        #expect(routes.count == AccessTable.entries.count && Set(AccessTable.entries).count == routes.count)
    }

    @Test func missingAndAdditionalRoutesAreTold() {
        let without = routes.filter { $0.pattern != "/api/users/me" }
        #expect(
            AccessTable.disagreements(with: without) == [
                "GET /api/users/me should be open to user", "PUT /api/users/me should be open to user",
            ])
        #expect(AccessTable.disagreements(with: routes.filter { !$0.pattern.hasPrefix("/api/demo/kafka/p") }).isEmpty)
    }

    @Test func contractSaysTheSame() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let text = try #require(TextFile.read(root + "/swagger.yaml"))
        var documented: Set<String> = []
        var path = ""
        var method = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
            if line.hasPrefix("    "), !line.hasPrefix("     "), line.hasSuffix(":") {
                method = line.dropFirst(4).dropLast().uppercased()
            }
            if line.hasPrefix("      x-access: ") { documented.insert("\(method) \(path) \(line.dropFirst(16))") }
        }
        let table = AccessTable.entries.map { "\($0.method.rawValue) \($0.pattern) \($0.rule)" }
        #expect(documented == Set(table))
    }
}
