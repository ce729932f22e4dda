import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

/// What the routes take and refuse.
@Suite struct RouteTests {
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

    private func post(_ path: String, _ body: String, token: String? = nil) -> Response {
        web.send(.post, path, token: token, body: body)
    }

    // MARK: - Sessions

    @Test func registrationTellsEveryProblem() {
        let response = post(
            "/api/auth/register", #"{"first_name":"","email":"x","password":"short","role":"admin"}"#)
        #expect(response.status == 422)
        #expect(
            response.fields == [
                "first_name": "must not be empty", "last_name": "is required", "email": "must be an email address",
                "password": "must be at least 8 characters", "role": "is not known here",
            ])
    }

    @Test func takenEmailIsAConflict() {
        let body =
            #"{"first_name":"A","last_name":"B","email":"New@Example.com","password":"correct horse 1"}"#
        #expect(post("/api/auth/register", body).status == 201)
        let again = post("/api/auth/register", body)
        #expect(again.status == 409 && again.code == "EMAIL_TAKEN")
    }

    @Test func unknownUserAndWrongPasswordAreOneAnswer() {
        let answers = [
            #"{"email":"ada@example.com","password":"wrong password 1"}"#,
            #"{"email":"nobody@example.com","password":"correct horse 1"}"#,
        ].map { post("/api/auth/login", $0) }
        #expect(answers.allSatisfy { $0.status == 401 && $0.code == "INVALID_CREDENTIALS" })
        #expect(answers[0].body == answers[1].body)
    }

    @Test func refreshTokenComesInHeaderOrBody() throws {
        let login = try product.login(ada)
        let first = web.send(.post, "/api/auth/refresh", token: login.tokens.refresh)
        #expect(first.status == 200)
        let next = try #require(first.data?["refresh_token"]?.string)
        #expect(post("/api/auth/refresh", #"{"refresh_token":"\#(next)"}"#).status == 200)
        #expect(post("/api/auth/refresh", "").code == "TOKEN_MISSING")
        #expect(post("/api/auth/refresh", #"{"refresh_token":7}"#).fields == ["refresh_token": "must be a string"])
        #expect(post("/api/auth/refresh", #"{"refresh_token":"x"}"#).code == "TOKEN_INVALID")
    }

    @Test func emailCannotBeChanged() {
        let response = web.send(
            .put, "/api/users/me", token: token, body: #"{"first_name":"Augusta","email":"a@b.example"}"#)
        #expect(response.status == 422 && response.fields == ["email": "is not known here"])
        let renamed = web.send(.put, "/api/users/me", token: token, body: #"{"first_name":"Augusta"}"#)
        #expect(renamed.data?["first_name"] == .string("Augusta"))
    }

    @Test func changedPasswordEndsTheSession() {
        let path = "/api/users/me/password"
        let wrong = web.send(
            .put, path, token: token, body: #"{"current_password":"x","new_password":"another horse 2"}"#)
        #expect(wrong.status == 422 && wrong.fields == ["current_password": "is not the present password"])
        let right = web.send(
            .put, path, token: token,
            body: #"{"current_password":"\#(InMemoryProduct.password)","new_password":"another horse 2"}"#)
        #expect(right.status == 200)
        #expect(web.send(.get, "/api/users/me", token: token).code == "TOKEN_REVOKED")
    }

    // MARK: - Tenants and members

    @Test func tenantIsMadeAndListed() throws {
        let made = post("/api/tenants", #"{"name":"New"}"#, token: token)
        #expect(made.status == 201 && made.data?["name"] == .string("New"))
        let listed = web.send(.get, "/api/tenants?per_page=1", token: token)
        #expect(listed.data?["pagination"]?["total"] == .integer(2))
        #expect(listed.data?["pagination"]?["pages"] == .integer(2))
        #expect(post("/api/tenants", #"{"name":" "}"#, token: token).fields == ["name": "must not be empty"])
        #expect(post("/api/tenants", #"{"name":"A","id":"1"}"#, token: token).fields == ["id": "is not known here"])
    }

    @Test func memberIsNamedByEitherIdOrEmail() throws {
        let bob = try product.register("bob")
        let neither = post("\(tenant)/users", #"{"role":"boss"}"#, token: token)
        #expect(
            neither.fields == [
                "role": "must be one of admin, user, viewer", "user_id": "give either user_id or email",
            ])
        let both = post(
            "\(tenant)/users", #"{"user_id":"\#(bob.id)","email":"bob@example.com","role":"user"}"#, token: token)
        #expect(both.fields == ["user_id": "give either user_id or email"])
        let wrong = post("\(tenant)/users", #"{"user_id":"7","role":"user"}"#, token: token)
        #expect(wrong.fields == ["user_id": "must be a UUID"])
        let added = post("\(tenant)/users", #"{"email":"BOB@example.com","role":"user"}"#, token: token)
        #expect(added.status == 201 && added.data?["user_id"] == .string(bob.id.description))
        let again = post("\(tenant)/users", #"{"user_id":"\#(bob.id)","role":"user"}"#, token: token)
        #expect(again.status == 409 && again.code == "ALREADY_MEMBER")
    }

    @Test func lastAdminStays() {
        let path = "\(tenant)/users/\(ada.id)"
        #expect(web.send(.delete, path, token: token).code == "LAST_ADMIN")
        let demoted = web.send(.put, path, token: token, body: #"{"role":"user"}"#)
        #expect(demoted.status == 409 && demoted.code == "LAST_ADMIN")
    }

    // MARK: - Documents and files

    @Test func listTellsEveryWrongParameter() {
        let response = web.send(
            .get,
            "\(tenant)/documents?page=0&per_page=101&user_id=7&mime_type=x&created_from=x&created_to=y&sort=size"
                + "&cursor=z&include=all", token: token)
        #expect(response.status == 422)
        #expect(
            response.fields.keys.sorted() == [
                "created_from", "created_to", "cursor", "include", "mime_type", "page", "per_page", "sort", "user_id",
            ])
    }

    @Test func deepPagesWantTheCursor() {
        let path = "\(tenant)/documents?per_page=100&page="
        #expect(web.send(.get, path + "100", token: token).status == 200)
        #expect(
            web.send(.get, path + "101", token: token).fields
                == ["page": "reaches deeper than 10000 rows; follow next_cursor instead"])
    }

    @Test func cursorLeadsThroughTheListAndKnowsItsOrder() throws {
        for index in 0..<5 {
            product.clock.advance(by: .seconds(1))
            _ = try product.upload("\(index)", by: ada, to: acme, filename: "\(index).txt")
        }
        var names: [String] = []
        var next = "\(tenant)/documents?per_page=2&sort=created_at"
        for _ in 0..<3 {
            let data = try #require(web.send(.get, next, token: token).data)
            names += data["documents"]?.elements.compactMap { $0["filename"]?.string } ?? []
            guard let cursor = data["pagination"]?["next_cursor"]?.string else { break }
            next = "\(tenant)/documents?per_page=2&cursor=\(cursor)"
            let other = web.send(.get, next + "&sort=filename", token: token)
            #expect(other.fields == ["cursor": "belongs to another sort order"])
        }
        #expect(names == ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt"])
    }

    @Test func filtersAreCombined() throws {
        _ = try product.upload("a", by: ada, to: acme, filename: "Report.TXT")
        _ = try product.upload("b", by: ada, to: acme, filename: "report.csv")
        product.clock.advance(by: .seconds(60))
        _ = try product.upload("c", by: ada, to: acme, filename: "report late.txt")
        func names(_ query: String) -> [String] {
            web.send(.get, "\(tenant)/documents?\(query)", token: token).data?["documents"]?.elements.compactMap {
                $0["filename"]?.string
            } ?? []
        }
        #expect(names("filename=REPORT&mime_type=text/plain&created_to=2027-01-15T08:00:00Z") == ["Report.TXT"])
        #expect(names("created_from=2027-01-15T08:00:01Z") == ["report late.txt"])
        #expect(names("created_to=2027-01-15").count == 3 && names("created_to=2027-01-14").isEmpty)
        #expect(names("created_from=2027-01-15&created_to=2027-01-15").count == 3)
        #expect(names("user_id=\(UserID.random())").isEmpty && names("filename=").count == 3)
    }

    @Test func documentIsChangedAndDeleted() throws {
        let document = try product.upload("a", by: ada, to: acme)
        let path = "\(tenant)/documents/\(document.id)"
        let wrong = web.send(.put, path, token: token, body: #"{"filename":"a/b","mime_type":"x","user_id":"1"}"#)
        #expect(wrong.status == 422 && wrong.fields.keys.sorted() == ["filename", "mime_type", "user_id"])
        let unfit = web.send(.put, path, token: token, body: #"{"mime_type":"image/png"}"#)
        #expect(unfit.fields == ["mime_type": "does not fit the content, which is text/plain"])
        #expect(
            web.send(.put, path, token: token, body: #"{"filename":"b.txt"}"#).data?["filename"] == .string("b.txt"))
        #expect(web.send(.delete, path, token: token).status == 200)
        #expect(web.send(.get, path, token: token).code == "DOCUMENT_NOT_FOUND")
    }

    @Test func downloadIsARedirectOrALink() throws {
        let document = try product.upload("a", by: ada, to: acme)
        let path = "\(tenant)/documents/\(document.id)/download"
        let redirect = web.send(.get, path, token: token)
        #expect(redirect.status == 302 && redirect.body.isEmpty)
        #expect(redirect.values("Location").first?.hasPrefix("http://files.test/objects/") == true)
        #expect(redirect.values("Cache-Control") == ["no-store"])
        let link = web.send(.get, path + "?redirect=false", token: token)
        #expect(link.status == 200 && link.data?.keys == ["expires_at", "url"])
        #expect(web.send(.get, path + "?redirect=x", token: token).fields == ["redirect": "must be true or false"])
    }

    @Test func usedFileIsKeptAndOrphansGo() throws {
        let document = try product.upload("a", by: ada, to: acme)
        let path = "\(tenant)/files/\(document.file.id)"
        #expect(web.send(.delete, path, token: token).code == "FILE_IN_USE")
        try product.documents.delete(document.id, in: acme)
        let swept = web.send(.delete, "\(tenant)/files/orphaned", token: token)
        #expect(swept.data == .object(["total_checked": .integer(1), "deleted": .integer(1), "failed": .integer(0)]))
        #expect(web.send(.get, path, token: token).code == "FILE_NOT_FOUND")
    }

    @Test func oldPrefixOfFilesAnswersTheSame() throws {
        let file = try product.upload("a", by: ada, to: acme).file
        for suffix in ["/files", "/files/\(file.id)"] {
            let old = web.send(.get, "/api/files/\(acme.tenant.id)\(suffix)", token: token)
            #expect(old.status == 200 && old.body == web.send(.get, tenant + suffix, token: token).body)
        }
        #expect(web.send(.get, "/api/files/\(TenantID.random())/files", token: token).code == "TENANT_NOT_FOUND")
    }

    // MARK: - Health

    @Test func healthNamesWhatIsBroken() {
        #expect(web.send(.get, "/health").data?["status"] == .string("healthy"))
        product.objects.setAway(true)
        product.clock.advance(by: .seconds(1))
        let degraded = web.send(.get, "/health/ready")
        #expect(degraded.status == 200 && degraded.data?["status"] == .string("degraded"))
        #expect(degraded.data?["components"]?["object_store"] == .string("unhealthy"))
        product.data.setCut(true)
        product.clock.advance(by: .seconds(1))
        #expect(web.send(.get, "/health/ready").status == 503 && web.send(.get, "/health/live").status == 200)
        #expect(web.send(.get, "/health").data?["status"] == .string("unhealthy"))
    }

    @Test func everyAreaHasItsHealthCheck() {
        for path in [
            "/", "/health", "/health/live", "/health/ready", "/health/startup", "/api/auth/health", "/api/users/health",
            "/api/tenants/health", "\(tenant)/documents/health", "/api/files/health",
        ] {
            #expect(web.send(.get, path).status == 200 && web.send(.head, path).status == 200, "\(path)")
        }
    }
}
