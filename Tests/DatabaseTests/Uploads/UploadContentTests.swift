import Base
import Contract
import Domain
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// What counts as the same content, and how it is asked for.
    @Suite struct UploadContentTests {
        private let fixture: UploadFixture
        private let uploads: UploadService

        init() throws {
            fixture = try UploadFixture()
            uploads = fixture.uploads()
        }

        private func upload(_ request: (String) -> ResolveUpload) throws -> Document {
            let grant = try fixture.grant(uploads)
            switch try uploads.resolve(request(grant)) {
            case .created(let document): return document
            case .push:
                guard case .created(let document, _) = try uploads.commit(SettleUpload(grant: grant)) else {
                    throw ErrorAnswer(.internalError)
                }
                return document
            }
        }

        /// Content of which only the digests matter.
        private func content(md5: String, sha256: String, size: Int64, grant: String) -> ResolveUpload {
            ResolveUpload(
                grant: grant, md5: md5, sha256: sha256, size: size, sniffedType: "text/plain", partType: nil,
                partFilename: "a.txt", filenameField: nil, mimeTypeField: nil)
        }

        @Test func onlySHA256AndSizeTogetherAreTheSameContent() throws {
            let (one, two) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
            let (m, n) = (String(repeating: "0", count: 32), String(repeating: "1", count: 32))
            let contents: [(md5: String, sha256: String, size: Int64)] = [
                (m, one, 5), (m, two, 5), (m, one, 6), (n, one, 5),
            ]
            let documents = try contents.map { wanted in
                try upload { content(md5: wanted.md5, sha256: wanted.sha256, size: wanted.size, grant: $0) }
            }
            let files = documents.map(\.file.id)
            #expect(Set(files).count == 3)
            #expect(files[3] == files[0], "the MD5 decides nothing")
            #expect(documents[3].file.md5 == m)
        }

        @Test func documentsAreFoundByTheDigestOfTheirContent() throws {
            for (name, text) in [("a.txt", "one"), ("b.txt", "one"), ("c.txt", "two")] {
                _ = try upload { InMemoryProduct.resolution(of: text, grant: $0, filename: name) }
            }
            var query = DocumentQuery()
            query.sha256 = try #require(try fixture.documents().first { $0.filename.text == "a.txt" }).file.sha256
            #expect(try Set(fixture.documents(query).map(\.filename.text)) == ["a.txt", "b.txt"])
            query.filename = "B"
            #expect(try fixture.documents(query).map(\.filename.text) == ["b.txt"])
            query.sha256 = String(repeating: "0", count: 64)
            #expect(try fixture.documents(query).isEmpty)
        }
    }
}
