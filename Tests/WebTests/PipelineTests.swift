import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

@Suite struct PipelineTests {
    private let web: WebFixture
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let token: String
    private var tenant: String { "/api/tenants/\(acme.tenant.id)" }

    init() throws {
        web = try WebFixture()
        product = web.product
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        token = try web.token(ada)
    }

    private func member(_ name: String, _ role: Role) throws -> String {
        let user = try product.register(name)
        _ = try product.join(user, as: role, acme)
        return try web.token(user)
    }

    // MARK: - Tokens

    @Test func missingTokenIsToldAsMissing() {
        for path in ["/api/users/me", "/api/tenants", tenant, "\(tenant)/documents"] {
            let response = web.send(.get, path)
            #expect(response.status == 401 && response.code == "TOKEN_MISSING")
        }
    }

    @Test(arguments: ["", "x", "a.b.c", "x y"])
    func nonsenseIsNoToken(_ token: String) {
        #expect(web.send(.get, "/api/users/me", token: token).code == "TOKEN_INVALID")
    }

    @Test func otherSchemeIsNoToken() throws {
        for header in ["Basic YTpi", token, "Bearer", "Bearer  ", "Bearer \(token) x"] {
            #expect(web.send(authorization: header).code == "TOKEN_INVALID", "\(header)")
        }
        for header in ["Bearer \(token)", "bearer \(token)", "BEARER   \(token)"] {
            #expect(web.send(authorization: header).status == 200, "\(header)")
        }
    }

    @Test func refreshTokenOpensNothing() throws {
        let refresh = try product.login(ada).tokens.refresh
        #expect(web.send(.get, "/api/users/me", token: refresh).code == "TOKEN_INVALID")
    }

    @Test func expiredTokenIsToldAsExpired() {
        product.clock.advance(by: .seconds(900))
        #expect(web.send(.get, "/api/users/me", token: token).code == "TOKEN_EXPIRED")
        #expect(web.send(.get, tenant, token: token).code == "TOKEN_EXPIRED")
    }

    @Test func revokedTokenIsToldAsRevokedEverywhere() throws {
        #expect(web.send(.post, "/api/auth/logout", token: token).status == 200)
        for path in ["/api/users/me", tenant, "/api/tenants/\(TenantID.random())", "/api/tenants/x/documents"] {
            let response = web.send(.get, path, token: token)
            #expect(response.status == 401 && response.code == "TOKEN_REVOKED", "\(path)")
        }
    }

    @Test func unknownAddressAndMethodAreToldBeforeTheToken() {
        #expect(web.send(.get, "/api/nothing").code == "NOT_FOUND")
        let response = web.send(.delete, "/api/users/me")
        #expect(response.status == 405 && response.values("Allow") == ["GET, HEAD, OPTIONS, PUT"])
    }

    // MARK: - Tenants

    @Test func foreignMissingAndMalformedTenantAreOneAnswer() throws {
        let foreign = try product.tenant("Other", by: product.register("eve"))
        for suffix in ["", "/documents", "/files", "/documents/\(DocumentID.random())"] {
            let answers = ["\(foreign.tenant.id)", "\(TenantID.random())", "7", "..", "\(acme.tenant.id)x"].map {
                web.send(.get, "/api/tenants/\($0)\(suffix)", token: token)
            }
            #expect(answers.allSatisfy { $0.status == 404 && $0.code == "TENANT_NOT_FOUND" })
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(answers.allSatisfy { $0.headers.map(\.name) == answers[0].headers.map(\.name) })
        }
    }

    @Test func tenantsIdMayBeWrittenInUpperCase() {
        #expect(web.send(.get, "/api/tenants/\(acme.tenant.id.description.uppercased())", token: token).status == 200)
    }

    @Test func malformedIdInsideATenantIsNotFound() {
        #expect(web.send(.get, "\(tenant)/documents/x", token: token).code == "DOCUMENT_NOT_FOUND")
        #expect(web.send(.delete, "\(tenant)/documents/x", token: token).code == "DOCUMENT_NOT_FOUND")
        #expect(web.send(.get, "\(tenant)/files/x", token: token).code == "FILE_NOT_FOUND")
        #expect(web.send(.delete, "\(tenant)/users/x", token: token).code == "USER_NOT_FOUND")
    }

    @Test func viewerReadsAndNothingElse() throws {
        let document = try product.upload("a", by: ada, to: acme)
        let viewer = try member("vic", .viewer)
        for path in ["", "/documents", "/documents/\(document.id)", "/files", "/files/\(document.file.id)"] {
            #expect(web.send(.get, tenant + path, token: viewer).status == 200, "\(path)")
        }
        #expect(web.send(.get, "\(tenant)/documents/\(document.id)/download", token: viewer).status == 302)
        let refused: [(Request.Method, String)] = [
            (.post, "/documents"), (.put, "/documents/\(document.id)"), (.delete, "/documents/\(document.id)"),
            (.put, ""), (.delete, ""), (.post, "/users"), (.put, "/users/\(ada.id)"), (.delete, "/users/\(ada.id)"),
            (.delete, "/files/\(document.file.id)"), (.delete, "/files/orphaned"),
        ]
        for (method, path) in refused {
            let response = web.send(method, tenant + path, token: viewer, body: "{}", phase: .uploadAuthorization)
            #expect(response.status == 403 && response.code == "FORBIDDEN", "\(method) \(path)")
        }
    }

    @Test func userUploadsAndEditsOwnDocumentsOnly() throws {
        let document = try product.upload("a", by: ada, to: acme)
        let user = try member("uma", .user)
        let upload = web.send(.post, "\(tenant)/documents", token: user, phase: .uploadAuthorization, length: 10)
        #expect(upload.status == 204 && upload.values("X-Upload-Grant").count == 1 && upload.body.isEmpty)
        #expect(
            web.send(.put, "\(tenant)/documents/\(document.id)", token: user, body: #"{"filename":"b"}"#).code
                == "FORBIDDEN")
        #expect(web.send(.delete, "\(tenant)/documents/\(document.id)", token: user).code == "FORBIDDEN")
        #expect(web.send(.post, "\(tenant)/users", token: user, body: "{}").code == "FORBIDDEN")
    }

    @Test func suspendedTenantIsShutButForItsAdminsHandOnIt() throws {
        let user = try member("uma", .user)
        #expect(web.send(.put, tenant, token: token, body: #"{"is_active":false}"#).status == 200)
        for path in ["/documents", "/files", "/documents/\(DocumentID.random())"] {
            let response = web.send(.get, tenant + path, token: token)
            #expect(response.status == 403 && response.code == "TENANT_SUSPENDED", "\(path)")
        }
        #expect(web.send(.get, tenant, token: user).code == "TENANT_SUSPENDED")
        #expect(web.send(.get, tenant, token: token).data?["is_active"] == .bool(false))
        #expect(web.send(.put, tenant, token: user, body: #"{"is_active":true}"#).code == "FORBIDDEN")
        #expect(web.send(.put, tenant, token: token, body: #"{"is_active":true}"#).status == 200)
        #expect(web.send(.get, "\(tenant)/documents", token: user).status == 200)
    }

    @Test func operatorsSuspensionIsNotUndoneByTheAdmin() throws {
        try product.setState(.suspended, suspendedBy: .operator, of: acme.tenant.id)
        let response = web.send(.put, tenant, token: token, body: #"{"is_active":true}"#)
        #expect(response.status == 403 && response.code == "TENANT_SUSPENDED")
    }

    @Test func deletedTenantIsNotFound() {
        #expect(web.send(.delete, tenant, token: token).status == 200)
        for (method, path) in [(Request.Method.get, ""), (.delete, ""), (.get, "/documents"), (.put, "")] {
            #expect(web.send(method, tenant + path, token: token, body: "{}").code == "TENANT_NOT_FOUND")
        }
    }

    @Test func headIsAnsweredLikeGet() {
        let get = web.send(.get, "/api/users/me", token: token)
        let head = web.send(.head, "/api/users/me", token: token)
        #expect(head.status == 200 && head.headers.map(\.name) == get.headers.map(\.name))
        #expect(web.send(.head, "/api/auth/login").status == 405)
    }

    @Test func uploadPastTheFrontDoorIsRefused() {
        // nginx sends bodies to the sidecar; one that comes here was not authorised before it was read.
        #expect(web.send(.post, "\(tenant)/documents", token: token).code == "BAD_REQUEST")
    }

    @Test func uploadThatDeclaresTooMuchIsRefusedBeforeItIsRead() {
        let response = web.send(
            .post, "\(tenant)/documents", token: token, phase: .uploadAuthorization,
            length: InMemoryProduct.maxBytes + 1_048_577)
        #expect(response.status == 413 && response.code == "PAYLOAD_TOO_LARGE")
        #expect(response.json?["error"]?["details"]?["max_bytes"] == .integer(InMemoryProduct.maxBytes))
    }

    @Test func lostDatabaseIsToldAsUnavailable() {
        product.data.setCut(true)
        let response = web.send(.get, "/api/users/me", token: token)
        #expect(response.status == 503 && response.values("Retry-After") == ["5"])
        #expect(!response.text.contains("cut"))
    }
}
