import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

/// The stage for requests that carry an `Idempotency-Key`, on a route that counts how often it is asked.
struct RepeatedRequestsTests {
    private let product: InMemoryProduct
    private let store = InMemoryIdempotencyStore()
    private let pipeline: Pipeline

    init() throws {
        let product = try InMemoryProduct()
        self.product = product
        pipeline = Pipeline(
            router: Router(AuthRoutes(auth: product.auth).routes), auth: product.auth,
            rateLimiter: InMemoryRateLimiter(limit: nil),
            repeated: RepeatedRequests(
                store: store, digests: RequestDigests(secret: [1]), clock: product.clock), clock: product.clock,
            log: Log(component: "test", level: .error, sink: { _ in }))
    }

    private func register(_ email: String, key: String?, password: String = "correct-horse-7") -> Response {
        let body =
            #"{"first_name":"Ada","last_name":"Byron","email":"\#(email)","password":"\#(password)"}"#
        var headers = ["content-type": "application/json"]
        headers["idempotency-key"] = key
        return pipeline.respond(to: WebFixture.request(.post, "/api/auth/register", headers: headers, body: body))
    }

    @Test func sameRequestGetsTheSameBytes() {
        let first = register("ada@example.com", key: "k")
        let again = register("ada@example.com", key: "k")
        #expect(first.status == 201 && again.status == 201 && first.body == again.body)
        #expect(again.headers.contains { $0.name == "Idempotency-Replayed" })
        #expect(!first.headers.contains { $0.name == "Idempotency-Replayed" })
    }

    @Test func withoutAKeyEveryRequestCounts() {
        #expect(register("ada@example.com", key: nil).status == 201)
        #expect(register("ada@example.com", key: nil).status == 409)
    }

    @Test func failedRequestMayBeMendedUnderItsKey() {
        #expect(register("ada@example.com", key: "k", password: "short").status == 422)
        #expect(register("ada@example.com", key: "k").status == 201)
    }

    @Test func malformedKeyIsNamed() {
        let answer = register("ada@example.com", key: "käse")
        #expect(answer.status == 422 && String(decoding: answer.body, as: UTF8.self).contains("Idempotency-Key"))
    }

    @Test func keyIsForgottenAfterADay() {
        let first = register("ada@example.com", key: "k")
        product.clock.advance(by: .seconds(86_401))
        #expect(first.status == 201 && register("ada@example.com", key: "k").status == 409)
    }

    @Test func claimsTellUserTenantRouteTargetAndBodyApart() throws {
        let key = try IdempotencyKey("k")
        let user = UserID.random()
        func claim(
            _ user: UserID?, tenant: TenantID? = nil, route: String = "/r", target: String = "/r?", body: String = "b",
            secret: [UInt8] = [1]
        ) -> IdempotencyClaim {
            IdempotencyClaim(
                key: key, user: user, tenant: tenant, route: route, target: target, body: Array(body.utf8),
                digests: RequestDigests(secret: secret))
        }
        let base = claim(user)
        #expect(claim(user).scope == base.scope && claim(user).fingerprint == base.fingerprint)
        #expect(claim(user).owner != base.owner)
        for other in [claim(.random()), claim(user, tenant: .random()), claim(user, route: "/q")] {
            #expect(other.scope != base.scope)
        }
        for other in [claim(user, target: "/r?x"), claim(user, body: "c")] {
            #expect(other.scope == base.scope && other.fingerprint != base.fingerprint)
        }
        // Of strangers the body is part of the scope.
        #expect(claim(nil).scope != claim(nil, body: "c").scope)
        // It may hold a password: without the secret neither digest can be made from it. Users' keys outlive the secret.
        let other = claim(nil, secret: [2])
        #expect(claim(nil).scope != other.scope && claim(nil).fingerprint != other.fingerprint)
        #expect(claim(user, secret: [2]).fingerprint == base.fingerprint)
    }
}
