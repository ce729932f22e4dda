import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// What is found in files, on the real server.
    @Suite struct InspectionTests {
        private let fixture: EventFixture
        private let file: StoredFile
        private let document: Document
        private let found: FileInspection

        init() throws {
            fixture = try EventFixture()
            let now = fixture.clock.now()
            let id = FileID.random()
            let file = StoredFile(
                id: id, md5: String(repeating: "0", count: 32), sha256: String(repeating: "1", count: 64),
                key: "key-\(id)", size: 5, sniffedType: try MediaType("text/plain"), createdAt: now)
            let document = Document(
                id: .random(), filename: try Filename("a.txt"), mediaType: file.sniffedType, file: file,
                userID: .random(), createdAt: now, updatedAt: now, createdBy: .random())
            try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                _ = try tenant.files.insertLive(file)
                try tenant.documents.insert(document)
            }
            found = FileInspection(
                inspectedAt: now, pageCount: 3, imageWidth: 4, imageHeight: 5, scan: .infected, threat: "Test")
            (self.file, self.document) = (file, document)
        }

        private func note(_ inspection: FileInspection) throws {
            try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                try tenant.files.note(inspection, of: file.id)
            }
        }

        private func read<R>(_ body: (TenantRepositories) throws(ErrorAnswer) -> R) throws -> R {
            try fixture.data.inTenant(fixture.tenant, .read, body)
        }

        /// As each kind of reading shows it.
        private func shown() throws -> [FileInspection?] {
            [
                try read { tenant throws(ErrorAnswer) in try tenant.files.find(file.id) }?.file.inspection,
                try read { tenant throws(ErrorAnswer) in try tenant.files.list(page: PageRequest(), withUsage: true) }
                    .elements.first?.file.inspection,
                try read { tenant throws(ErrorAnswer) in try tenant.documents.find(document.id) }?.file.inspection,
                try read { tenant throws(ErrorAnswer) in try tenant.documents.lock(document.id) }?.file.inspection,
                try read { tenant throws(ErrorAnswer) in try tenant.documents.list(DocumentQuery()) }
                    .elements.first?.file.inspection,
            ]
        }

        @Test func whatIsNotedIsShownEverywhere() throws {
            #expect(try shown() == [nil, nil, nil, nil, nil])
            try note(found)
            #expect(try shown() == Array(repeating: found, count: 5))
            #expect(try read { tenant throws(ErrorAnswer) in try tenant.files.find(file.id) }?.documentCount == 1)
        }

        @Test func laterFindingsTakeThePlaceOfEarlierOnes() throws {
            try note(found)
            let later = FileInspection(inspectedAt: fixture.clock.now() + .seconds(1), scan: .tooLarge)
            try note(later)
            #expect(try shown() == Array(repeating: later, count: 5))
        }

        @Test func findingsGoWithTheFile() throws {
            try note(found)
            try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                try tenant.documents.remove(document.id)
                _ = try tenant.files.beginRemoval(file.id)
                try tenant.files.note(found, of: file.id)
                try tenant.files.finishRemoval(file.id)
            }
            try note(found)
            #expect(try fixture.count("SELECT count(*) FROM file_inspections") == 0)
        }

        /// The schema before must be served while tenants are migrated one by one.
        @Test func databaseWithoutTheTableIsServed() throws {
            try fixture.execute("DROP TABLE file_inspections")
            try note(found)
            #expect(try shown() == [nil, nil, nil, nil, nil])
        }
    }
}
