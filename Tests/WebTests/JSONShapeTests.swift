import Base
import Contract
import Domain
import TestSupport
import Testing

@testable import Web

/// Every answer's members, name by name, against the REST contract.
@Suite struct JSONShapeTests {
    private static let user = ["created_at", "email", "first_name", "id", "is_active", "last_name", "updated_at"]
    private static let tenant = [
        "created_at", "created_by", "database_name", "id", "is_active", "name", "updated_at",
    ]
    private static let file = ["created_at", "file_size", "id", "inspection", "md5_hash", "s3_path", "sha256"]
    private static let document = [
        "created_at", "created_by", "filename", "file_id", "id", "mime_type", "updated_at", "user_id",
    ].sorted()
    private static let pagination = ["next_cursor", "page", "pages", "per_page", "total"]

    private let web: WebFixture
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let token: String
    private let uploaded: Document
    private var path: String { "/api/tenants/\(acme.tenant.id)" }

    init() throws {
        web = try WebFixture()
        product = web.product
        ada = try product.register("ada")
        acme = try product.tenant("Acme Inc", by: ada)
        token = try web.token(ada)
        uploaded = try product.upload("hello", by: ada, to: acme)
    }

    private func data(_ path: String) throws -> JSONValue { try #require(web.send(.get, path, token: token).data) }

    @Test func user() throws {
        let data = try data("/api/users/me")
        #expect(data.keys == Self.user)
        #expect(data["id"] == .string(ada.id.description) && data["email"] == .string("ada@example.com"))
        #expect(data["first_name"] == .string("ada") && data["last_name"] == .string("Tester"))
        #expect(data["is_active"] == .bool(true) && data["created_at"] == .string("2027-01-15T08:00:00.000000Z"))
    }

    @Test func login() throws {
        let response = web.send(
            .post, "/api/auth/login",
            body: #"{"email":"ada@example.com","password":"\#(InMemoryProduct.password)"}"#)
        let data = try #require(response.data)
        #expect(data.keys == ["access_token", "expires_in", "refresh_token", "tenants", "token_type", "user"])
        #expect(data["user"]?.keys == Self.user && data["expires_in"] == .integer(900))
        #expect(data["token_type"] == .string("Bearer"))
        #expect(data["tenants"]?.elements.map(\.keys) == [(Self.tenant + ["joined_at", "role"]).sorted()])
    }

    @Test func refreshedTokens() throws {
        let data = web.send(.post, "/api/auth/refresh", token: try product.login(ada).tokens.refresh).data
        #expect(data?.keys == ["access_token", "expires_in", "refresh_token", "token_type"])
    }

    @Test func tenant() throws {
        let data = web.send(.put, path, token: token, body: "{}").data
        #expect(data?.keys == Self.tenant)
        #expect(data?["name"] == .string("Acme Inc") && data?["created_by"] == .string(ada.id.description))
        #expect(data?["database_name"]?.string?.hasPrefix("tenant_acme_inc_") == true)
        #expect(data?["is_active"] == .bool(true))
    }

    @Test func tenantWithItsMembers() throws {
        let data = try data(path)
        #expect(data.keys == (Self.tenant + ["members", "pagination", "role"]).sorted())
        #expect(data["members"]?.elements.map(\.keys) == [["joined_at", "role", "tenant_id", "user", "user_id"]])
        #expect(data["members"]?.elements.first?["user"]?.keys == Self.user)
        #expect(data["pagination"]?.keys == Self.pagination)
    }

    @Test func membership() throws {
        let bob = try product.register("bob")
        let data = web.send(
            .post, "\(path)/users", token: token, body: #"{"user_id":"\#(bob.id)","role":"viewer"}"#
        ).data
        #expect(data?.keys == ["joined_at", "role", "tenant_id", "user", "user_id"])
        #expect(data?["role"] == .string("viewer") && data?["tenant_id"] == .string(acme.tenant.id.description))
    }

    @Test func usersTenants() throws {
        for path in ["/api/tenants", "/api/users/me/tenants"] {
            let data = try data(path)
            #expect(data.keys == ["pagination", "tenants"])
            #expect(data["tenants"]?.elements.map(\.keys) == [(Self.tenant + ["joined_at", "role"]).sorted()])
        }
    }

    @Test func document() throws {
        let data = try data("\(path)/documents/\(uploaded.id)")
        #expect(data.keys == (Self.document + ["file"]).sorted() && data["file"]?.keys == Self.file)
        #expect(data["filename"] == .string("note.txt") && data["mime_type"] == .string("text/plain"))
        #expect(data["file_id"] == data["file"]?["id"] && data["user_id"] == .string(ada.id.description))
        #expect(data["file"]?["file_size"] == .integer(5))
        #expect(data["file"]?["md5_hash"] == .string("5d41402abc4b2a76b9719d911017c592"))
        #expect(
            data["file"]?["sha256"]
                == .string("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"))
        #expect(data["file"]?["s3_path"] == .string(uploaded.file.key))
    }

    @Test func documentsWithTheirFilesOnRequestOnly() throws {
        let plain = try data("\(path)/documents")
        #expect(plain.keys == ["documents", "pagination"] && plain["pagination"]?.keys == Self.pagination)
        #expect(plain["documents"]?.elements.map(\.keys) == [Self.document])
        #expect(
            plain["pagination"]
                == .object([
                    "page": .integer(1), "per_page": .integer(20), "total": .integer(1), "pages": .integer(1),
                    "next_cursor": .null,
                ]))
        let full = try data("\(path)/documents?include=file")
        #expect(full["documents"]?.elements.first?["file"]?.keys == Self.file)
    }

    @Test func files() throws {
        let plain = try data("\(path)/files")
        #expect(plain.keys == ["files", "pagination", "stats"])
        #expect(plain["files"]?.elements.map(\.keys) == [Self.file])
        #expect(plain["stats"]?.keys == ["total_files", "total_storage_bytes", "total_storage_mb"])
        #expect(plain["stats"]?["total_storage_bytes"] == .integer(5))
        let counted = try data("\(path)/files?include_stats=true")["files"]?.elements.first
        #expect(counted?.keys == (Self.file + ["document_count", "is_orphaned"]).sorted())
        #expect(counted?["document_count"] == .integer(1) && counted?["is_orphaned"] == .bool(false))
    }

    @Test func fileWithItsDocuments() throws {
        let data = try data("\(path)/files/\(uploaded.file.id)")
        #expect(data.keys == (Self.file + ["document_count", "documents", "is_orphaned", "pagination"]).sorted())
        #expect(data["documents"]?.elements.map(\.keys) == [["created_at", "filename", "id", "mime_type"]])
    }

    @Test func megabytesAreRounded() {
        func text(_ bytes: Int64) -> String {
            String(decoding: FileStatistics(totalFiles: 1, totalBytes: bytes).jsonBytes, as: UTF8.self)
        }
        #expect(text(0) == #"{"total_files":1,"total_storage_bytes":0,"total_storage_mb":0.0}"#)
        #expect(text(1_572_864) == #"{"total_files":1,"total_storage_bytes":1572864,"total_storage_mb":1.5}"#)
        #expect(text(10_485_761).hasSuffix(#""total_storage_mb":10.0}"#))
    }

    @Test func nothingToTellIsNull() {
        #expect(web.send(.post, "/api/auth/logout", token: token).json?["data"] == .null)
    }

    @Test func totalThatIsALowerBoundSaysSo() {
        func keys(_ isLowerBound: Bool) -> [String] {
            var json = JSONWriter()
            Page<Document>([], request: PageRequest(), total: 10_000, totalIsLowerBound: isLowerBound)
                .writePagination(to: &json)
            return (try? JSONValue(parsing: json.bytes))?.keys ?? []
        }
        #expect(keys(true) == ["next_cursor", "page", "pages", "per_page", "total", "total_is_lower_bound"])
        #expect(keys(false) == Self.pagination)
    }
}
