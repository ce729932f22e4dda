import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// What must not happen between a look at the rows and the removal of an object.
    @Suite struct StorageSweeperTests {
        private let fixture: UploadFixture
        private let objects = InMemoryObjects()
        private let intent: UploadIntent

        /// With an intent that was read and is gone again.
        init() throws {
            fixture = try UploadFixture()
            let uploads = fixture.uploads()
            let grant = try fixture.grant(uploads)
            guard case .push(let target) = try uploads.resolve(InMemoryProduct.resolution(of: "content", grant: grant))
            else { throw ErrorAnswer(.internalError) }
            let found = try fixture.data.inTenant(fixture.tenant, .read) { [fixture] tenant throws(ErrorAnswer) in
                try tenant.uploads.leftovers(at: fixture.clock.now() + .seconds(86_400), limit: 10)
            }
            intent = try #require(found.first { $0.file.key == target.key })
            try fixture.execute("DELETE FROM upload_intents")
        }

        private func sweep() throws -> SweepReport {
            let tenant = try fixture.data.inMain(.read) { main throws(ErrorAnswer) in
                try main.tenants.find(fixture.tenant.tenantID)
            }
            let sweeper = StorageSweeper(
                data: fixture.data, inventory: objects, orphanAge: .zero, clock: fixture.clock)
            return try sweeper.sweep(try #require(tenant))
        }

        @Test func whatNoRowNamesIsRemoved() throws {
            objects.put(intent.file.key)
            #expect(try sweep().removed == 1)
            #expect(objects.keys.isEmpty)
        }

        @Test func anObjectWhoseRowIsJustBeingWrittenStays() throws {
            objects.put(intent.file.key)
            let isWritten = Condition(false)
            let writer = WorkerThread(name: "writer") { [fixture, intent] in
                try? fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                    try tenant.uploads.insert(intent)
                    isWritten.update { $0 = true }
                    // Until the sweeper waits for the end of this transaction.
                    let deadline = ContinuousClock.now + .seconds(20)
                    while ContinuousClock.now < deadline, (try? fixture.waiters()) == 0 {}
                }
            }
            _ = isWritten.wait { $0 ? true : nil }
            #expect(try sweep().removed == 0)
            writer.join()
            #expect(objects.keys == [intent.file.key])
        }
    }
}
