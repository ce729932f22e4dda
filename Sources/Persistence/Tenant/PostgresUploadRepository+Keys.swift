import Base
import Contract
import Domain
import Postgres

/// The table `upload_keys` of one tenant.
extension PostgresUploadRepository {
    func claim(_ key: UploadKey, at now: Timestamp) throws(ErrorAnswer) -> UploadKey {
        try session.execute(
            "DELETE FROM upload_keys WHERE user_id = \(key.userID) AND key = \(key.key) AND expires_at < \(now)")
        try session.execute(
            """
            INSERT INTO upload_keys (user_id, key, upload_id, sha256, size, filename, expires_at)
            VALUES (\(key.userID), \(key.key), \(key.uploadID), \(key.sha256), \(key.size), \(key.filename.text),
                    \(key.expires))
            ON CONFLICT (user_id, key) DO NOTHING
            """)
        let found = try session.first(
            """
            SELECT user_id, key, upload_id, sha256, size, filename, document_id, expires_at
            FROM upload_keys WHERE user_id = \(key.userID) AND key = \(key.key) FOR UPDATE
            """, UploadKey.init(row:))
        // Pruned between the statements: its time was over just then.
        guard let found else { throw ErrorAnswer(.serviceUnavailable, cause: "an upload key ended while it was read") }
        return found
    }

    func replace(_ key: UploadKey) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE upload_keys SET upload_id = \(key.uploadID), sha256 = \(key.sha256), size = \(key.size),
                   filename = \(key.filename.text), document_id = NULL, expires_at = \(key.expires)
            WHERE user_id = \(key.userID) AND key = \(key.key)
            """)
    }

    func lockKey(_ key: String, of user: UserID) throws(ErrorAnswer) {
        try session.execute("SELECT FROM upload_keys WHERE user_id = \(user) AND key = \(key) FOR UPDATE")
    }

    func settleKey(_ key: String, of user: UserID, upload: UploadID, document: DocumentID) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE upload_keys SET document_id = \(document)
            WHERE user_id = \(user) AND key = \(key) AND upload_id = \(upload)
            """)
    }
}

extension UploadKey {
    fileprivate init(row: Row) throws(PostgresError) {
        self.init(
            userID: try row.decode(0), key: try row.decode(1), uploadID: try row.decode(2), sha256: try row.decode(3),
            size: try row.decode(4), filename: Filename(stored: try row.decode(5)),
            documentID: try row.decodeIfPresent(6), expires: try row.decode(7))
    }
}
