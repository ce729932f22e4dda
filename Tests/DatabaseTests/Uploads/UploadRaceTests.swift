import Base
import Contract
import Domain
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// Uploads that meet in the database: row locks and unique indexes decide, not the order in which they came.
    @Suite struct UploadRaceTests {
        private let fixture: UploadFixture
        private let uploads: UploadService

        init() throws {
            fixture = try UploadFixture()
            uploads = fixture.uploads()
        }

        /// A grant whose content is new and pushed.
        private func pushed(_ content: String, key: String? = nil) throws -> String {
            let grant = try fixture.grant(uploads, key: key)
            guard case .push = try uploads.resolve(InMemoryProduct.resolution(of: content, grant: grant)) else {
                throw ErrorAnswer(.internalError)
            }
            return grant
        }

        @Test func identicalUploadsAtOnceEndInOneFile() throws {
            let grants = try (0..<8).map { _ in try pushed("the same") }
            let uploads = uploads
            let ends = try UploadFixture.atOnce(grants.count) { try uploads.commit(SettleUpload(grant: grants[$0])) }
                .map { try $0.get() }
            var losers = 0
            var files: Set<FileID> = []
            for end in ends {
                guard case .created(let document, let removesObject) = end else {
                    Issue.record("an upload was refused: \(end)")
                    continue
                }
                files.insert(document.file.id)
                if removesObject { losers += 1 }
            }
            #expect(files.count == 1 && losers == grants.count - 1)
            #expect(try fixture.documents().count == grants.count)
            #expect(try fixture.count("SELECT count(*) FROM files") == 1)
            #expect(try fixture.count("SELECT count(*) FROM outbox WHERE event_type = 'document.uploaded'") == 8)
        }

        @Test func aCommitThatIsRepeatedAtOnceMakesOneDocument() throws {
            let grant = try pushed("once")
            let uploads = uploads
            let ends = try UploadFixture.atOnce(8) { _ in try uploads.commit(SettleUpload(grant: grant)) }
                .map { try $0.get() }
            let documents = ends.compactMap { end in
                if case .created(let document, removesObject: false) = end { document.id } else { nil }
            }
            #expect(documents.count == 8 && Set(documents).count == 1)
            #expect(try fixture.count("SELECT count(*) FROM outbox WHERE event_type = 'document.uploaded'") == 1)
        }

        @Test func aResolveThatIsRepeatedAtOnceGivesOneTarget() throws {
            let grant = try fixture.grant(uploads)
            let uploads = uploads
            let ends = UploadFixture.atOnce(6) { _ in
                try uploads.resolve(InMemoryProduct.resolution(of: "repeated", grant: grant))
            }
            var keys: Set<String> = []
            for end in ends {
                // Two that insert at once: the later one is told to come again.
                if case .success(.push(let target)) = end { keys.insert(target.key) }
            }
            #expect(keys.count == 1)
            #expect(try fixture.count("SELECT count(*) FROM upload_intents") == 1)
        }

        @Test func ofCommitAndAbandonOneIsTrue() throws {
            for _ in 0..<10 {
                let grant = try pushed("either \(UInt32.random(in: 0...UInt32.max))")
                let uploads = uploads
                let ends = UploadFixture.atOnce(2) { number -> Bool in
                    if number == 0 {
                        try uploads.abandon(SettleUpload(grant: grant))
                        return false
                    }
                    if case .created = try uploads.commit(SettleUpload(grant: grant)) { return true }
                    return false
                }
                let wasMade = try ends[1].get()
                let state: String = wasMade ? "committed" : "abandoned"
                #expect(
                    try fixture.count(
                        "SELECT count(*) FROM upload_intents WHERE state = \(state)") == 1)
                try fixture.execute("DELETE FROM upload_intents")
            }
        }

        @Test func oneKeyMakesOneDocument() throws {
            let first = try pushed("with a key", key: "k")
            // Sent again while the first is under way: the newest goes on.
            let second = try pushed("with a key", key: "k")
            guard case .refused(let error) = try uploads.commit(SettleUpload(grant: first)) else {
                return #expect(Bool(false), "the earlier one was committed")
            }
            #expect(error.code == .conflict)
            guard case .created(let document, _) = try uploads.commit(SettleUpload(grant: second)) else {
                return #expect(Bool(false), "the later one was refused")
            }
            let third = try fixture.grant(uploads, key: "k")
            guard
                case .created(let again) = try uploads.resolve(
                    InMemoryProduct.resolution(of: "with a key", grant: third))
            else { return #expect(Bool(false), "the document was not found") }
            #expect(again == document)
        }

        @Test func contentThatIsBeingRemovedBecomesANewFile() throws {
            _ = try uploads.commit(SettleUpload(grant: pushed("goes")))
            let old = try #require(try fixture.documents().first).file
            try fixture.execute("DELETE FROM documents")
            try fixture.execute("UPDATE files SET state = 'deleting', deleting_at = now()")
            // Its object may go at any moment: it is not shared any more.
            _ = try uploads.commit(SettleUpload(grant: pushed("goes")))
            let new = try #require(try fixture.documents().first).file
            #expect(new.id != old.id && new.key != old.key && new.sha256 == old.sha256)
        }

        @Test func uploadsAtOnceDoNotPassTheQuotaTogether() throws {
            let uploads = fixture.uploads(quotaBytes: 5000)
            let fixture = fixture
            let ends = UploadFixture.atOnce(12) { number -> Bool in
                let content = String(repeating: "\(number % 10)", count: 1000 + number)
                let grant = try fixture.grant(uploads, requestID: "r\(number)", bytes: Int64(content.utf8.count))
                guard
                    case .push = try uploads.resolve(InMemoryProduct.resolution(of: content, grant: grant)),
                    case .created = try uploads.commit(SettleUpload(grant: grant))
                else { return false }
                return true
            }
            let refusals = ends.compactMap { end in
                if case .failure(let error) = end { (error as? ErrorAnswer)?.code } else { nil }
            }
            #expect(refusals.allSatisfy { $0 == .quotaExceeded })
            #expect(try fixture.count("SELECT coalesce(sum(size), 0)::bigint FROM files") <= 5000)
            #expect(ends.count - refusals.count == 4)
        }
    }
}
