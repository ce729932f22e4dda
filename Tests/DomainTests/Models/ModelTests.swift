import Base
import Contract
import Domain
import Testing

@Suite struct RoleTests {
    @Test func eachRoleIsAboveTheOnesBefore() {
        #expect(Role.viewer < .user && .user < .admin && .viewer < .admin)
        #expect(!(Role.admin < .admin) && Role.allCases.sorted() == [.viewer, .user, .admin])
    }

    @Test func isReadFromItsName() throws {
        #expect(try Role(validating: "viewer") == .viewer)
        for text in ["", "Admin", "owner", " user"] {
            #expect(problem(text, Role.init(validating:)) == "must be one of admin, user, viewer")
        }
    }
}

@Suite struct DocumentSortTests {
    @Test func isReadFromItsName() throws {
        #expect(try DocumentSort(validating: "-created_at") == .newestFirst)
        #expect(
            problem("size", DocumentSort.init(validating:))
                == "must be one of -created_at, created_at, filename, -filename")
    }
}

@Suite struct TenantDatabaseTests {
    private func name(_ tenant: String, _ id: TenantID = .random()) -> String {
        TenantDatabase(tenantID: id, named: TenantName(stored: tenant)).name
    }

    private static let id = TenantID(high: 0x0190_B5D8_7C4E_7A3B, low: 0x9F00_1234_5678_90AB)

    @Test(arguments: [
        ("Acme", "tenant_acme_567890ab"), ("Acme Inc.", "tenant_acme_inc_567890ab"),
        ("  --Acme--  & Co--", "tenant_acme_co_567890ab"), ("R2D2", "tenant_r2d2_567890ab"),
        ("Café Ünal", "tenant_caf_nal_567890ab"), ("東京", "tenant_x_567890ab"), ("'; DROP", "tenant_drop_567890ab"),
        ("---", "tenant_x_567890ab"),
    ])
    func isMadeOfASlugAndTheIdsEnd(_ tenant: String, _ expected: String) {
        #expect(name(tenant, Self.id) == expected)
    }

    @Test(arguments: ["a", "ab ", "é a", "東 b", "a_"])
    func fitsPostgreSQLsNamesHoweverLong(_ part: String) {
        let name = name(String(repeating: part, count: 255 / part.count))
        #expect(name.utf8.count <= 63)
        #expect(name.wholeMatch(of: /tenant_[a-z0-9]+(_[a-z0-9]+)*_[0-9a-f]{8}/) != nil, "\(name)")
    }

    @Test func equalNamesGetDifferentDatabases() {
        // Ids of one instant differ in their random end.
        let now = Timestamp(seconds: 1_800_000_000)
        let names = Set((0..<200).map { _ in name("Acme", .ordered(at: now)) })
        #expect(names.count == 200)
    }
}

@Suite struct StoredFileTests {
    @Test func keyTellsTenantMonthFileAndDigest() {
        let tenant = TenantID(high: 1, low: 2)
        let file = FileID(high: 3, low: 4)
        let md5 = "d41d8cd98f00b204e9800998ecf8427e"
        #expect(
            StoredFile.key(tenant: tenant, file: file, md5: md5, at: Timestamp(seconds: 1_800_000_000))
                == "tenants/00000000-0000-0001-0000-000000000002/files/2027/01/00000000-0000-0003-0000-000000000004_\(md5)"
        )
        #expect(
            StoredFile.key(tenant: tenant, file: file, md5: md5, at: Timestamp(seconds: 1_797_000_000)).contains(
                "/2026/12/"))
    }
}

@Suite struct PagingTests {
    @Test func offsetCountsTheRowsBefore() {
        #expect(PageRequest().offset == 0 && PageRequest().perPage == 20)
        #expect(PageRequest(page: 3, perPage: 50).offset == 100)
        #expect(PageRequest(page: 1_000_000_000, perPage: 100).offset == 99_999_999_900)
    }

    @Test(arguments: [(0, 20, 0), (1, 20, 1), (20, 20, 1), (21, 20, 2), (100, 1, 100), (10_000, 3, 3334)])
    func lastPageMayBePartlyFilled(_ total: Int64, _ perPage: Int, _ pages: Int64) {
        #expect(Page<Int>([], request: PageRequest(perPage: perPage), total: total).pages == pages)
    }
}
