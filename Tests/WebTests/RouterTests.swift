import Base
import Contract
import TestSupport
import Testing

@testable import Web

@Suite struct RouterTests {
    private static func route(_ method: Request.Method, _ pattern: String) -> Route {
        Route(method, pattern, .open { _ throws(ErrorAnswer) in Response(status: 204) })
    }

    private let router = Router([
        route(.get, "/"), route(.get, "/a"), route(.post, "/a"), route(.get, "/a/{id}"), route(.delete, "/a/{id}"),
        route(.get, "/a/fixed"), route(.get, "/a/{id}/b/{other}"), route(.put, "/a/fixed/b"),
    ])

    private func match(_ method: Request.Method, _ path: String) throws(ErrorAnswer) -> String {
        try router.match(method, path.split(separator: "/").map(String.init)).route.pattern
    }

    private func answer(_ method: Request.Method, _ segments: [String]) -> ErrorAnswer? {
        do {
            _ = try router.match(method, segments)
            return nil
        } catch {
            return error
        }
    }

    @Test func pathFindsItsRoute() throws {
        #expect(try match(.get, "/") == "/")
        #expect(try match(.get, "/a") == "/a")
        #expect(try match(.delete, "/a/7") == "/a/{id}")
        #expect(try match(.get, "/a/7/b/8") == "/a/{id}/b/{other}")
    }

    @Test func namedSegmentsAreHandedOn() throws {
        let parameters = try router.match(.get, ["a", "x y", "b", "ü"]).parameters
        #expect(parameters.values.map(\.name) == ["id", "other"])
        #expect(parameters.values.map(\.value) == ["x y", "ü"])
    }

    @Test func staticSegmentWinsOverANamedOne() throws {
        #expect(try match(.get, "/a/fixed") == "/a/fixed")
        // Where the static branch leads nowhere, the named one is tried.
        #expect(try match(.get, "/a/fixed/b/8") == "/a/{id}/b/{other}")
        #expect(try match(.put, "/a/fixed/b") == "/a/fixed/b")
    }

    @Test(arguments: [["b"], ["a", ""], ["a", "7", "c"], ["a", "7", "b"], ["a", "7", "b", "8", "9"], [""], ["A"]])
    func unknownPathIsNotFound(_ segments: [String]) { #expect(answer(.get, segments) == ErrorAnswer(.notFound)) }

    @Test func wrongMethodTellsTheRightOnes() {
        func allowed(_ names: String...) -> ErrorAnswer {
            ErrorAnswer(.methodNotAllowed, details: ["allowed": .array(names.map { .string($0) })])
        }
        #expect(answer(.put, ["a"]) == allowed("GET", "HEAD", "OPTIONS", "POST"))
        #expect(answer(.other, ["a", "7"]) == allowed("DELETE", "GET", "HEAD", "OPTIONS"))
        #expect(answer(.head, ["a", "fixed", "b"]) == allowed("OPTIONS", "PUT"))
        #expect(answer(.delete, ["a", "fixed"]) == allowed("GET", "HEAD", "OPTIONS"))
    }

    @Test func headFindsWhatGetFinds() throws { #expect(try match(.head, "/a/7") == "/a/{id}") }

    @Test func twoRoutesForTheSameRequestAreAMistake() async {
        await #expect(processExitsWith: .failure) {
            let handler = Route.Handler.open { _ throws(ErrorAnswer) in Response(status: 204) }
            _ = Router([Route(.get, "/a/{x}", handler), Route(.get, "/a/{y}", handler)])
        }
    }

    @Test func productsRoutesAreAllDifferent() throws {
        let routes = try WebFixture.routes(InMemoryProduct())
        let names = routes.map { "\($0.method.rawValue) \($0.pattern)" }
        #expect(Set(names).count == names.count && Router(routes).routes.count == names.count)
    }

    @Test func fixedAddressesOfTheProductWinOverIds() throws {
        let router = try Router(WebFixture.routes(InMemoryProduct()))
        func pattern(_ method: Request.Method, _ path: String) throws -> String {
            try router.match(method, path.split(separator: "/").map(String.init)).route.pattern
        }
        #expect(try pattern(.get, "/api/tenants/health") == "/api/tenants/health")
        #expect(try pattern(.get, "/api/files/health") == "/api/files/health")
        #expect(
            try pattern(.get, "/api/tenants/7/documents/health") == "/api/tenants/{tenant_id}/documents/health")
        #expect(try pattern(.delete, "/api/tenants/7/files/orphaned") == "/api/tenants/{tenant_id}/files/orphaned")
        #expect(try pattern(.get, "/api/files/7/files/8") == "/api/files/{tenant_id}/files/{file_id}")
    }
}
