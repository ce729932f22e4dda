import Backup
import Base
import Contract
import Domain
import ObjectStore
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// Objects that are removed while their tenant is restored.
    @Suite struct RestoreRemovalTests {
        private let fixture: RestoreFixture
        private var files: FileService { fixture.files }
        private var database: TenantDatabase { fixture.tenant.database }

        init() throws { fixture = try RestoreFixture() }

        /// The archive has all four files; the tenant is about to remove the object of each, by each of the ways.
        @Test func restoreKeepsTheObjectsOfItsFiles() throws {
            let shown = try fixture.addDocument("shown"), begun = try fixture.addDocument("begun")
            let unknown = try fixture.addDocument("unknown"), givenUp = try fixture.addDocument("given up")
            let archive = try fixture.export()
            for document in [shown, begun, unknown, givenUp] { try fixture.removeRow(of: document) }
            try fixture.execute(
                "UPDATE files SET state = 'deleting', deleting_at = now() - interval '1 hour' WHERE id = \(begun.file.id)"
            )
            try fixture.execute("DELETE FROM files WHERE id = \(unknown.file.id)")
            try fixture.execute(
                """
                INSERT INTO upload_intents (upload_id, user_id, filename, mime_type, file_id, md5, sha256, size,
                                            object_key, sniffed_type, created_at, expires_at, state)
                SELECT gen_random_uuid(), \(fixture.fleet.ada), 'a.txt', sniffed_type, id, md5, sha256, size,
                       object_key, sniffed_type, created_at, now(), 'abandoned'
                FROM files WHERE id = \(givenUp.file.id)
                """)
            try fixture.execute("DELETE FROM files WHERE id = \(givenUp.file.id)")

            let (files, uploads, sweeper, tenant) = (files, fixture.uploads, fixture.sweeper, fixture.tenant)
            let report = try fixture.restore(archive) {
                #expect(
                    code { () throws(ErrorAnswer) in try files.delete(shown.file.id, in: tenant.database) }
                        == .fileInUse)
                #expect(throws: Never.self) {
                    try files.finishRemovals(in: tenant.database)
                    #expect(try sweeper.sweep(tenant).removed == 0)
                    #expect(try uploads.sweep(tenant.database) == 0)
                }
            }
            #expect(report.objectsPut == 0)
            for document in [shown, begun, unknown, givenUp] {
                #expect(try fixture.store.size(of: document.file.key) == document.file.size)
            }
            // And it lets go of them.
            try fixture.removeRow(of: shown)
            try files.delete(shown.file.id, in: database)
            #expect(try fixture.store.size(of: shown.file.key) == nil)
        }

        @Test func objectThatWentAllTheSameIsPutOnceMore() throws {
            let document = try fixture.addDocument("text"), other = try fixture.addDocument("another")
            let archive = try fixture.export()
            let store = fixture.store
            let report = try fixture.restore(archive) {
                #expect(throws: Never.self) { try store.remove(document.file.key) }
            }
            #expect(report.objectsPut == 1)
            #expect(try store.size(of: document.file.key) == document.file.size)
            #expect(try store.size(of: other.file.key) == other.file.size)
        }

        /// Its object may go at any moment until then.
        @Test func restoreWaitsForTheRemovalThatHasBegun() throws {
            let first = try fixture.addDocument("first"), second = try fixture.addDocument("second")
            for document in [first, second] { try fixture.removeRow(of: document) }
            let objects = HeldObjects()
            let slow = FileService(data: fixture.fleet.data, objects: objects, clock: SystemClock())
            let (tenant, database, files) = (fixture.tenant, database, files)
            let (settings, log) = (fixture.settings, fixture.log)
            let removal = WorkerThread(name: "removal") {
                #expect(throws: Never.self) { try slow.delete(first.file.id, in: database) }
            }
            objects.awaitRemoval()
            let isKept = Condition(false)
            let restore = WorkerThread(name: "restore") {
                #expect(throws: Never.self) {
                    let restore = try TenantRestore(.restore, of: tenant.id, settings, log: log)
                    try restore.keepObjects(of: database)
                    isKept.withLock { $0 = true }
                    #expect(
                        code { () throws(ErrorAnswer) in try files.delete(second.file.id, in: database) } == .fileInUse)
                    try restore.abandon()
                }
            }
            try DatabaseSuite.waitUntil(
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = \(database.name) AND wait_event = 'advisory')
                """)
            // Nothing begins meanwhile, or its turn would never come.
            #expect(code { () throws(ErrorAnswer) in try files.delete(second.file.id, in: database) } == .fileInUse)
            #expect(!isKept.withLock { $0 })
            objects.letGo()
            removal.join()
            restore.join()
            #expect(isKept.withLock { $0 })
            try files.delete(second.file.id, in: database)
        }
    }
}

/// The code of the answer that the closure throws; nil when it throws none.
private func code(_ body: () throws(ErrorAnswer) -> Void) -> ErrorCode? {
    do { try body() } catch { return error.code }
    return nil
}
