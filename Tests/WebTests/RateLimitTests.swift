import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

@Suite struct RateLimitTests {
    private let web: WebFixture
    private let product: InMemoryProduct
    private let ada: User
    private let token: String

    init() throws {
        web = try WebFixture(limit: 2)
        product = web.product
        ada = try product.register("ada")
        token = try web.token(ada)
    }

    private func me() -> Response { web.send(.get, "/api/users/me", token: token) }

    @Test func headersTellWhereTheUserStands() {
        product.clock.advance(by: .seconds(600))
        let first = me()
        #expect(first.values("RateLimit-Limit") == ["2"] && first.values("RateLimit-Remaining") == ["1"])
        #expect(first.values("RateLimit-Reset") == ["3000"] && first.values("Retry-After").isEmpty)
        #expect(me().values("RateLimit-Remaining") == ["0"])
    }

    @Test func requestBeyondTheLimitIsRefusedUntilTheHourEnds() {
        _ = me()
        _ = me()
        let refused = me()
        #expect(refused.status == 429 && refused.code == "RATE_LIMITED")
        #expect(refused.values("Retry-After") == ["3600"] && refused.values("RateLimit-Remaining") == ["0"])
        product.clock.advance(by: .seconds(899))
        #expect(me().values("Retry-After") == ["2701"])
    }

    @Test func nextHourBeginsAnew() throws {
        product.clock.advance(by: .seconds(3500))
        let token = try web.token(ada)
        for _ in 0..<2 { _ = web.send(.get, "/api/users/me", token: token) }
        #expect(web.send(.get, "/api/users/me", token: token).status == 429)
        product.clock.advance(by: .seconds(100))
        #expect(web.send(.get, "/api/users/me", token: token).status == 200)
    }

    @Test func everyRefusedRequestCountsToo() throws {
        let paths = ["/api/tenants/\(TenantID.random())", "/api/tenants/x/documents"]
        for path in paths {
            let response = web.send(.get, path, token: token)
            #expect(response.status == 404 && response.values("RateLimit-Limit") == ["2"], "\(path)")
        }
        #expect(web.send(.get, paths[0], token: token).status == 429)
    }

    @Test func usersDoNotShareALimit() throws {
        for _ in 0..<3 { _ = me() }
        let other = try web.token(product.register("bob"))
        #expect(web.send(.get, "/api/users/me", token: other).status == 200)
    }

    @Test func openRoutesHaveNoLimit() {
        for _ in 0..<5 {
            let response = web.send(.get, "/health")
            #expect(response.status == 200 && response.values("RateLimit-Limit").isEmpty)
        }
    }

    @Test func tenantsBudgetIsSharedByItsMembers() throws {
        let web = try WebFixture(limit: 10, perTenant: 2)
        let ada = try web.product.register("ada")
        let bob = try web.product.register("bob")
        let acme = try web.product.tenant(by: ada)
        _ = try web.product.join(bob, as: .viewer, acme)
        let path = "/api/tenants/\(acme.tenant.id)"
        #expect(try web.send(.get, path, token: web.token(ada)).values("RateLimit-Limit") == ["10"])
        #expect(try web.send(.get, path, token: web.token(bob)).status == 200)
        let refused = try web.send(.get, path, token: web.token(bob))
        #expect(refused.status == 429 && refused.values("RateLimit-Limit") == ["2"])
        #expect(try web.send(.get, "/api/users/me", token: web.token(bob)).status == 200)
        let stranger = try web.token(web.product.register("eve"))
        #expect(web.send(.get, path, token: stranger).status == 404)
    }

    @Test func uploadsAreCountedInBytes() throws {
        let web = try WebFixture(uploadBytes: 1500)
        let ada = try web.product.register("ada")
        let acme = try web.product.tenant(by: ada)
        let token = try web.token(ada)
        func upload(_ length: Int64?) -> Int {
            web.send(
                .post, "/api/tenants/\(acme.tenant.id)/documents", token: token, phase: .uploadAuthorization,
                length: length
            ).status
        }
        #expect(upload(400) == 204)
        #expect(upload(1000) == 204)
        #expect(upload(101) == 429)
        #expect(upload(100) == 204)
    }

    @Test func anUploadThatIsNotAuthorisedCostsNoBytes() throws {
        let web = try WebFixture(uploadBytes: 1500)
        let ada = try web.product.register("ada")
        let acme = try web.product.tenant(by: ada)
        let token = try web.token(ada)
        func upload(_ length: Int64, key: String) -> Int {
            web.send(
                .post, "/api/tenants/\(acme.tenant.id)/documents", token: token, phase: .uploadAuthorization,
                length: length, more: ["idempotency-key": key]
            ).status
        }
        for _ in 0..<5 { #expect(upload(1000, key: "a\u{1}b") == 422) }
        #expect(upload(1000, key: "good") == 204)
        #expect(upload(1000, key: "other") == 429)
    }

    @Test func withoutALimitThereAreNoHeaders() throws {
        let web = try WebFixture()
        let token = try web.token(web.product.register("ada"))
        #expect(web.send(.get, "/api/users/me", token: token).values("RateLimit-Limit").isEmpty)
    }
}
