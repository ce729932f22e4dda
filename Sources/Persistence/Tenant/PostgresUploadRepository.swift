import Base
import Contract
import Domain
import Postgres

/// The table `upload_intents` of one tenant.
struct PostgresUploadRepository: UploadRepository {
    let session: DatabaseSession

    func insert(_ intent: UploadIntent) throws(ErrorAnswer) {
        let file = intent.file
        try session.execute(
            """
            INSERT INTO upload_intents (upload_id, user_id, filename, mime_type, file_id, md5, sha256, size, object_key,
                                        sniffed_type, created_at, expires_at)
            VALUES (\(intent.id), \(intent.userID), \(intent.filename.text), \(intent.mediaType.text), \(file.id),
                    \(file.md5), \(file.sha256), \(file.size), \(file.key), \(file.sniffedType.text),
                    \(file.createdAt), \(intent.expires))
            """)
    }

    func lock(_ id: UploadID) throws(ErrorAnswer) -> UploadIntent? {
        try session.first(Self.selection + "WHERE upload_id = \(id) FOR UPDATE", UploadIntent.init(row:))
    }

    func markCommitted(_ id: UploadID, document: DocumentID) throws(ErrorAnswer) {
        try session.execute(
            "UPDATE upload_intents SET state = 'committed', document_id = \(document) WHERE upload_id = \(id)")
    }

    func markAbandoned(_ id: UploadID) throws(ErrorAnswer) -> Bool {
        try session.execute(
            "UPDATE upload_intents SET state = 'abandoned' WHERE upload_id = \(id) AND state = 'pending'") == 1
    }

    func leftovers(at now: Timestamp, limit: Int) throws(ErrorAnswer) -> [UploadIntent] {
        try session.all(
            Self.selection
                + """
                WHERE state = 'abandoned' OR (state = 'pending' AND expires_at < \(now))
                ORDER BY expires_at LIMIT \(limit)
                """, UploadIntent.init(row:))
    }

    func remove(_ id: UploadID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM upload_intents WHERE upload_id = \(id) AND state = 'abandoned'")
    }

    func pruneCommitted(expiredBefore time: Timestamp) throws(ErrorAnswer) -> Int {
        try session.execute("DELETE FROM upload_intents WHERE state = 'committed' AND expires_at < \(time)")
    }

    private static let selection: Query = """
        SELECT upload_id, state, user_id, filename, mime_type, document_id, expires_at,
               file_id, md5, sha256, object_key, size, sniffed_type, created_at
        FROM upload_intents

        """
}

extension UploadIntent {
    /// Reads the columns of `selection`.
    fileprivate init(row: Row) throws(PostgresError) {
        self.init(
            id: try row.decode(0), state: try row.decodeChoice(1), userID: try row.decode(2),
            file: try StoredFile(row: row, from: 7), filename: Filename(stored: try row.decode(3)),
            mediaType: MediaType(stored: try row.decode(4)), documentID: try row.decodeIfPresent(5),
            expires: try row.decode(6))
    }
}
