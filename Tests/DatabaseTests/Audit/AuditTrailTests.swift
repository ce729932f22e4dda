import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct AuditTrailTests {
        private let fixture: EventFixture
        private let ada = UserID.random()
        private let bob = UserID.random()
        private let start = Timestamp("2026-03-01T00:00:00Z")!

        init() throws { fixture = try EventFixture() }

        private func append(_ entries: [AuditEntry]) throws {
            try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                for entry in entries { try tenant.audit.append(entry) }
            }
        }

        private func entry(
            _ action: AuditAction = .uploadDocument, by actor: UserID? = nil, after seconds: Int64 = 0,
            refused error: ErrorCode? = nil, details: [String: JSONValue] = [:]
        ) -> AuditEntry {
            AuditEntry(
                action, by: actor ?? ada, from: RequestOrigin(address: "192.0.2.1", requestID: "r-1"),
                tenant: fixture.tenant.tenantID, target: DocumentID.random().description,
                at: start + .seconds(seconds), refused: error, details: details)
        }

        private func list(_ change: (inout AuditQuery) throws -> Void = { _ in }) throws -> Page<AuditEntry> {
            var query = AuditQuery()
            try change(&query)
            let wanted = query
            return try fixture.data.inTenant(fixture.tenant, .read) { tenant throws(ErrorAnswer) in
                try tenant.audit.list(wanted)
            }
        }

        private func refusal(_ statement: Query) -> String? {
            do {
                try fixture.execute(statement)
                return nil
            } catch let error as PostgresError {
                return error.sqlState
            } catch {
                return "\(error)"
            }
        }

        @Test func anEntryIsReadAsItWasWritten() throws {
            let entries = [
                entry(details: ["file_size": .integer(7), "note": .string("ü\"'")]),
                entry(.refusedRequest, after: 1, refused: .forbidden),
                AuditEntry(
                    .login, by: nil, from: RequestOrigin(address: "", requestID: ""), at: start + .seconds(2),
                    refused: .invalidCredentials),
            ]
            try append(entries)
            #expect(try list().elements == entries.reversed())
        }

        @Test func anEntryIsAppendedOnce() throws {
            let once = entry()
            try append([once])
            try append([once])
            #expect(try list().total == 1)
        }

        @Test func filtersNarrowTheList() throws {
            try append([
                entry(.uploadDocument, by: ada, after: 0), entry(.deleteDocument, by: bob, after: 10),
                entry(.uploadDocument, by: bob, after: 20),
            ])
            #expect(try list { $0.actor = bob }.total == 2)
            #expect(try list { $0.action = .uploadDocument }.total == 2)
            #expect(
                try list {
                    $0.actor = bob; $0.action = .uploadDocument
                }.elements.map(\.time) == [start + .seconds(20)])
            #expect(try list { $0.from = start + .seconds(10) }.total == 2)
            #expect(try list { $0.to = start + .seconds(10) }.total == 2)
            #expect(
                try list {
                    $0.from = start + .seconds(1); $0.to = start + .seconds(9)
                }.total == 0)
            #expect(try list { $0.actor = .random() }.elements.isEmpty)
        }

        @Test func pagesAndCursorShowEachEntryOnce() throws {
            // Several at one time: the id decides between them.
            let entries = (0..<25).map { entry(after: Int64($0 / 5)) }
            try append(entries)
            var seen: [AuditEntryID] = []
            for number in 1...3 {
                let page = try list { $0.page = PageRequest(page: number, perPage: 10) }
                #expect(page.total == 25)
                seen += page.elements.map(\.id)
            }
            #expect(seen.count == 25 && Set(seen) == Set(entries.map(\.id)))
            var byCursor: [AuditEntryID] = []
            var cursor: AuditCursor?
            repeat {
                let page = try list {
                    $0.page = PageRequest(page: 1, perPage: 7)
                    $0.cursor = cursor
                }
                byCursor += page.elements.map(\.id)
                cursor = try page.nextCursor.map { try AuditCursor(validating: $0) }
            } while cursor != nil
            #expect(byCursor == seen)
        }

        @Test func noEntryIsChangedOrRemoved() throws {
            try append([entry()])
            // insufficient_privilege, from the triggers: of the table and of the partition itself.
            #expect(refusal("UPDATE audit_entries SET result = 'failed'") == "42501")
            #expect(refusal("DELETE FROM audit_entries") == "42501")
            #expect(refusal("TRUNCATE audit_entries") == "42501")
            #expect(refusal("DELETE FROM audit_entries_default") == "42501")
            #expect(refusal("TRUNCATE audit_entries_default") == "42501")
            #expect(try list().total == 1)
        }

        @Test func oldMonthsAreForgottenAndYoungerOnesAreNot() throws {
            let now = SystemClock().now()
            func aged(_ days: Int64) -> AuditEntry {
                AuditEntry(
                    .login, by: ada, from: RequestOrigin(address: "", requestID: ""),
                    at: now - .seconds(days * 86_400))
            }
            try append([aged(0), aged(100), aged(500)])
            // The first run moves them to their months, the second finds the old month whole.
            for _ in 0..<2 {
                _ = try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                    try tenant.audit.keep(retentionDays: 400)
                }
            }
            #expect(try list().total == 2)
            #expect(try fixture.count("SELECT count(*) FROM ONLY audit_entries_default") == 0)
            let forgotten = try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                try tenant.audit.keep(retentionDays: 1)
            }
            #expect(forgotten >= 1)
            #expect(try list().elements.map(\.time) == [now])
        }
    }
}
