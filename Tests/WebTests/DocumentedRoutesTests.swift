import Domain
import Foundation
import TestSupport
import Testing
import Web

/// The router and swagger.yaml have the same operations.
struct DocumentedRoutesTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func routerAndDocumentHaveTheSameOperations() throws {
        let product = try InMemoryProduct()
        let demo = DemoService(data: product.data, doorbell: product.doorbell, clock: product.clock)
        let routes =
            WebFixture.routes(product) + AuditRoutes(audit: AuditService(data: product.data)).routes
            + DemoRoutes(demo: demo, bus: .embedded).routes
        let routed = Set(routes.map { "\($0.method.rawValue) \($0.pattern)" })
        let documented = try Self.documentedOperations()
        #expect(routed.subtracting(documented).sorted() == [], "routes that swagger.yaml does not have")
        #expect(documented.subtracting(routed).sorted() == [], "operations that no route answers")
    }

    /// A group of routes that is new must be looked at by the test above too.
    @Test func everyGroupOfRoutesIsLookedAt() throws {
        let folder = Self.checkout.appending(path: "Sources/FCGIApp/Web/Routes")
        let groups = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.hasSuffix("Routes.swift")
        }
        let known: Set = [
            "AuditRoutes.swift", "AuthRoutes.swift", "DemoRoutes.swift", "DocumentRoutes.swift", "FileRoutes.swift",
            "HandOffRoutes.swift", "HealthRoutes.swift", "MemberRoutes.swift", "TenantRoutes.swift", "UserRoutes.swift",
        ]
        #expect(Set(groups) == known)
    }

    /// `GET /api/users/me` and so on: the keys of `paths`, two and four spaces deep.
    private static func documentedOperations() throws -> Set<String> {
        let text = try String(contentsOf: checkout.appending(path: "swagger.yaml"), encoding: .utf8)
        var operations: Set<String> = []
        var path = ""
        var isInPaths = false
        for line in text.split(separator: "\n") {
            if !line.hasPrefix(" ") { isInPaths = line == "paths:" }
            guard isInPaths, line.hasSuffix(":") else { continue }
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            for method in ["get", "put", "post", "delete", "patch"] where line == "    \(method):" {
                operations.insert("\(method.uppercased()) \(path)")
            }
        }
        return operations
    }
}
