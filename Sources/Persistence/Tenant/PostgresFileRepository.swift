import Base
import Contract
import Domain
import Postgres

/// The table `files` of one tenant.
struct PostgresFileRepository: FileRepository {
    let session: DatabaseSession
    let inspections: KnownTables

    func find(_ id: FileID) throws(ErrorAnswer) -> FileUsage? {
        let found = try foundInspections()
        return try session.first(
            "SELECT f.id, f.md5, f.sha256, f.object_key, f.size, f.sniffed_type, f.created_at, " + found.columns
                + ", (SELECT count(*) FROM documents d WHERE d.file_id = f.id) FROM files f" + found.join
                + "WHERE f.id = \(id) AND f.state = 'live'", FileUsage.init(row:))
    }

    func list(page: PageRequest, withUsage: Bool) throws(ErrorAnswer) -> Page<FileUsage> {
        let total = try statistics().totalFiles
        let found = try foundInspections()
        let usage: Query = withUsage ? "(SELECT count(*) FROM documents d WHERE d.file_id = f.id)" : "NULL"
        let files = try session.all(
            "SELECT f.id, f.md5, f.sha256, f.object_key, f.size, f.sniffed_type, f.created_at, " + found.columns + ", "
                + usage + " FROM files f" + found.join
                    + """
                    WHERE f.state = 'live'
                    ORDER BY f.created_at DESC, f.id DESC LIMIT \(page.perPage) OFFSET \(page.offset)
                    """, FileUsage.init(row:))
        return Page(files, request: page, total: total)
    }

    private func foundInspections() throws(ErrorAnswer) -> InspectionColumns {
        InspectionColumns(isThere: try inspections.isThere(session))
    }

    func statistics() throws(ErrorAnswer) -> FileStatistics {
        let statistics = try session.first(
            """
            SELECT coalesce(sum(row_count), 0)::bigint, coalesce(sum(byte_count), 0)::bigint
            FROM row_counts WHERE counted = 'files'
            """
        ) { row throws(PostgresError) in
            FileStatistics(totalFiles: try row.decode(0), totalBytes: try row.decode(1))
        }
        return statistics ?? FileStatistics(totalFiles: 0, totalBytes: 0)
    }

    func holdLive(sha256: String, size: Int64) throws(ErrorAnswer) -> StoredFile? {
        // FOR SHARE waits for a removal that holds the row, and then sees that it is live no more.
        try session.first(
            """
            SELECT id, md5, sha256, object_key, size, sniffed_type, created_at
            FROM files WHERE sha256 = \(sha256) AND size = \(size) AND state = 'live' FOR SHARE
            """
        ) { row throws(PostgresError) in try StoredFile(row: row, from: 0) }
    }

    func insertLive(_ file: StoredFile) throws(ErrorAnswer) -> Bool {
        try session.execute(
            """
            INSERT INTO files (id, md5, sha256, size, object_key, sniffed_type, created_at)
            VALUES (\(file.id), \(file.md5), \(file.sha256), \(file.size), \(file.key), \(file.sniffedType.text),
                    \(file.createdAt))
            ON CONFLICT (sha256, size) WHERE state = 'live' DO NOTHING
            """) == 1
    }

    func beginRemoval(_ id: FileID) throws(ErrorAnswer) -> FileRemoval {
        let locked = try session.first(
            """
            SELECT id, md5, sha256, object_key, size, sniffed_type, created_at
            FROM files WHERE id = \(id) AND state = 'live' FOR UPDATE
            """
        ) { row throws(PostgresError) in try StoredFile(row: row, from: 0) }
        guard let file = locked else { return .notFound }
        let marked = try session.execute(
            """
            UPDATE files SET state = 'deleting', deleting_at = now()
            WHERE id = \(id) AND NOT EXISTS (SELECT FROM documents WHERE file_id = \(id))
              -- An export or a restore keeps all objects.
              AND pg_try_advisory_xact_lock_shared(\(FileRemovalLock.key)::bigint)
            """)
        return marked == 1 ? .begun(file) : .inUse
    }

    func mayRemoveObject(at key: String) throws(ErrorAnswer) -> Bool {
        try session.first(
            """
            SELECT pg_try_advisory_xact_lock_shared(\(FileRemovalLock.key)::bigint)
               AND NOT EXISTS (SELECT FROM files WHERE object_key = \(key) AND state = 'live')
               AND NOT EXISTS (SELECT FROM upload_intents WHERE object_key = \(key) AND state = 'pending')
            """
        ) { row throws(PostgresError) in try row.decode(0, as: Bool.self) } == true
    }

    func finishRemoval(_ id: FileID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM files WHERE id = \(id) AND state = 'deleting'")
    }

    func orphans(after: FileID?, createdBefore: Timestamp?, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        try session.all(
            """
            SELECT f.id, f.md5, f.sha256, f.object_key, f.size, f.sniffed_type, f.created_at
            FROM files f
            WHERE f.state = 'live' AND NOT EXISTS (SELECT FROM documents d WHERE d.file_id = f.id)
              AND (\(after)::uuid IS NULL OR f.id > \(after)::uuid)
              AND (\(createdBefore)::timestamptz IS NULL OR f.created_at < \(createdBefore)::timestamptz)
            ORDER BY f.id LIMIT \(limit)
            """
        ) { row throws(PostgresError) in try StoredFile(row: row, from: 0) }
    }

    func unfinishedRemovals(begunBefore time: Timestamp, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        try session.all(
            """
            SELECT id, md5, sha256, object_key, size, sniffed_type, created_at
            FROM files WHERE state = 'deleting' AND deleting_at < \(time) ORDER BY deleting_at LIMIT \(limit)
            """
        ) { row throws(PostgresError) in try StoredFile(row: row, from: 0) }
    }

    func live(afterKey after: String?, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        try session.all(
            """
            SELECT id, md5, sha256, object_key, size, sniffed_type, created_at
            FROM files WHERE state = 'live' AND object_key COLLATE "C" > \(after ?? "")
            ORDER BY object_key COLLATE "C" LIMIT \(limit)
            """
        ) { row throws(PostgresError) in try StoredFile(row: row, from: 0) }
    }

    func named(among keys: [String]) throws(ErrorAnswer) -> Set<String> {
        // One statement, one snapshot: an upload that becomes a file meanwhile is seen as either.
        Set(
            try session.all(
                """
                SELECT object_key FROM files WHERE object_key = ANY(\(keys))
                UNION SELECT object_key FROM upload_intents WHERE object_key = ANY(\(keys)) AND state = 'pending'
                """
            ) { row throws(PostgresError) -> String in try row.decode(0) })
    }

    func lockOutWriters() throws(ErrorAnswer) {
        try session.execute("SET LOCAL lock_timeout = '2s'")
        try session.execute("LOCK TABLE files, upload_intents IN SHARE MODE")
    }
}

extension StoredFile {
    /// Reads id, md5, sha256, object_key, size, sniffed_type, created_at, from the column `first` on.
    init(row: Row, from first: Int) throws(PostgresError) {
        self.init(
            id: try row.decode(first), md5: try row.decode(first + 1), sha256: try row.decode(first + 2),
            key: try row.decode(first + 3), size: try row.decode(first + 4),
            sniffedType: MediaType(stored: try row.decode(first + 5)), createdAt: try row.decode(first + 6))
    }
}

extension FileUsage {
    /// Reads the file's columns, those of its inspection, and the count of documents, which may be NULL.
    fileprivate init(row: Row) throws(PostgresError) {
        var file = try StoredFile(row: row, from: 0)
        file.inspection = try FileInspection(row: row, from: 7)
        self.init(file: file, documentCount: try row.decodeIfPresent(13))
    }
}
