import Base
import Contract
import Domain
import Persistence
import Postgres
import Testing

extension DatabaseSuite {
    /// The totals that lists and statistics tell are those of the rows.
    @Suite struct RowCountTests {
        private let fixture: EventFixture

        init() throws { fixture = try EventFixture() }

        /// Files of 10, 20, 30 … bytes from this number on, and one document of each.
        private static func insertion(from first: Int, count: Int) -> Query {
            """
            WITH made AS (
                INSERT INTO files (id, md5, sha256, size, object_key, sniffed_type, created_at)
                SELECT gen_random_uuid(), md5(n::text), md5(n::text) || md5('x' || n), 10 * n, 'key' || n, 'text/plain',
                       now()
                FROM generate_series(\(first)::integer, \(first + count - 1)::integer) n
                RETURNING id, size
            )
            INSERT INTO documents (id, filename, mime_type, file_id, user_id, created_by, created_at, updated_at)
            SELECT gen_random_uuid(), 'Report ' || size || '.txt', 'text/plain', id, gen_random_uuid(), gen_random_uuid(),
                   now(), now()
            FROM made
            """
        }

        private func expectExactTotals(documents: Int64, files: Int64, bytes: Int64) throws {
            let tenant = fixture.tenant
            let (page, entries, statistics, list) = try fixture.data.inTenant(tenant, .read) {
                tenant throws(ErrorAnswer) in
                (
                    try tenant.documents.list(DocumentQuery()), try tenant.documents.listEntries(DocumentQuery()),
                    try tenant.files.statistics(), try tenant.files.list(page: PageRequest(), withUsage: false)
                )
            }
            #expect(page.total == documents)
            #expect(entries.total == documents)
            #expect(entries.elements == page.elements.map { $0.entry })
            #expect(entries.nextCursor == page.nextCursor)
            #expect(statistics == FileStatistics(totalFiles: files, totalBytes: bytes))
            #expect(list.total == files)
            #expect(try fixture.count("SELECT count(*) FROM documents") == documents)
            #expect(try fixture.count("SELECT count(*) FROM files WHERE state = 'live'") == files)
            #expect(
                try fixture.count("SELECT coalesce(sum(size), 0)::bigint FROM files WHERE state = 'live'") == bytes)
        }

        @Test func totalsFollowEveryChange() throws {
            try expectExactTotals(documents: 0, files: 0, bytes: 0)
            try fixture.execute(Self.insertion(from: 1, count: 30))
            try expectExactTotals(documents: 30, files: 30, bytes: 4650)
            try fixture.execute("DELETE FROM documents WHERE filename IN ('Report 10.txt', 'Report 20.txt')")
            try fixture.execute("UPDATE files SET state = 'deleting' WHERE size = 10")
            try expectExactTotals(documents: 28, files: 29, bytes: 4640)
            try fixture.execute("DELETE FROM files WHERE size IN (10, 20)")
            try expectExactTotals(documents: 28, files: 28, bytes: 4620)
            try fixture.execute("DELETE FROM documents WHERE filename = 'none'")
            try fixture.execute("UPDATE files SET sniffed_type = 'text/html'")
            try expectExactTotals(documents: 28, files: 28, bytes: 4620)
            try fixture.execute("TRUNCATE documents, files, file_inspections")
            try expectExactTotals(documents: 0, files: 0, bytes: 0)
        }

        @Test func pagesBehindTheEndTellTheTotalToo() throws {
            try fixture.execute(Self.insertion(from: 1, count: 3))
            var query = DocumentQuery()
            query.page = PageRequest(page: 5, perPage: 20)
            let page = try fixture.data.inTenant(fixture.tenant, .read) { tenant throws(ErrorAnswer) in
                try tenant.documents.listEntries(query)
            }
            #expect(page.elements.isEmpty)
            #expect(page.total == 3)
        }

        @Test func transactionsUnderWayKeepNobodyWaiting() throws {
            let open = try fixture.pool.begin(on: fixture.tenant.name)
            _ = try open.connection.execute(Self.insertion(from: 1, count: 5))
            // Would end in a lock timeout if it had to wait for the slot of the other.
            let second = try fixture.pool.begin(on: fixture.tenant.name)
            _ = try second.connection.execute("SET LOCAL lock_timeout = '5s'")
            _ = try second.connection.execute(Self.insertion(from: 6, count: 2))
            try second.commit()
            try expectExactTotals(documents: 2, files: 2, bytes: 130)
            try open.commit()
            try expectExactTotals(documents: 7, files: 7, bytes: 280)
            let third = try fixture.pool.begin(on: fixture.tenant.name)
            _ = try third.connection.execute(Self.insertion(from: 8, count: 4))
            third.rollBack()
            try expectExactTotals(documents: 7, files: 7, bytes: 280)
            // Slots are used again.
            for number in 20..<40 { try fixture.execute(Self.insertion(from: number, count: 1)) }
            #expect(try fixture.count("SELECT count(*) FROM row_counts") == 4)
        }

        @Test func countsBeginWithWhatIsThere() throws {
            try fixture.execute(Self.insertion(from: 1, count: 9))
            let total = "SELECT coalesce(sum(row_count), 0)::bigint FROM row_counts" as Query
            #expect(try fixture.count(total) == 18)
            try fixture.pool.withConnection(to: fixture.tenant.name) { connection throws(PostgresError) in
                try connection.execute(
                    script: "DROP TABLE row_counts CASCADE; DELETE FROM schema_migrations WHERE version = 88;")
                for function in [
                    "add", "document_added", "document_removed", "file_added", "file_removed", "file_changed",
                    "emptied",
                ] {
                    try connection.execute(script: "DROP FUNCTION row_counts_\(function) CASCADE")
                }
                guard let migration = Migrations.tenant.first(where: { $0.version == 88 }) else { return }
                try connection.execute(script: migration.sql)
            }
            try expectExactTotals(documents: 9, files: 9, bytes: 450)
        }

        @Test func partOfANameIsFoundByItsIndex() throws {
            try fixture.execute(Self.insertion(from: 1, count: 3000))
            try fixture.execute("ANALYZE documents")
            let lines = try fixture.pool.withConnection(to: fixture.tenant.name) { connection throws(PostgresError) in
                // What the index can do, not what is cheapest for so few rows.
                try connection.execute(script: "SET enable_seqscan = off")
                let plan = try connection.execute(
                    "EXPLAIN SELECT id FROM documents WHERE filename ILIKE '%port 29990.%'")
                var lines: [String] = []
                for row in plan { lines.append(try row.decode(0)) }
                return lines
            }
            #expect(lines.contains { $0.contains("documents_filename_part") })
        }
    }
}
