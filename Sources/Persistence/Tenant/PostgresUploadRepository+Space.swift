import Base
import Contract
import Domain
import Postgres

/// The table `upload_reservations` of one tenant. Its key, `request_id`, is the upload's id: a request's own id is what
/// its client likes, and reservations that share one would count for none of their uploads.
extension PostgresUploadRepository {
    /// The number of the advisory lock, the same in every tenant's database.
    private static let spaceLock: Int64 = 0x7570_6c6f_6164

    func lockSpace() throws(ErrorAnswer) { try session.execute("SELECT pg_advisory_xact_lock(\(Self.spaceLock))") }

    func spaceTaken(at now: Timestamp, besides upload: UploadID) throws(ErrorAnswer) -> Int64 {
        // One statement, one snapshot: an upload that is committed meanwhile counts as pending or as a file, never as
        // neither.
        try session.count(
            """
            SELECT ((SELECT coalesce(sum(size), 0) FROM files)
                    + (SELECT coalesce(sum(size), 0) FROM upload_intents WHERE state = 'pending')
                    + (SELECT coalesce(sum(bytes), 0) FROM upload_reservations
                       WHERE expires_at > \(now) AND request_id <> \(upload.description)))::bigint
            """)
    }

    func reserve(_ bytes: Int64, for upload: UploadID, until expires: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO upload_reservations (request_id, bytes, expires_at)
            VALUES (\(upload.description), \(bytes), \(expires))
            ON CONFLICT (request_id) DO UPDATE SET bytes = excluded.bytes, expires_at = excluded.expires_at
            """)
    }

    func releaseSpace(of upload: UploadID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM upload_reservations WHERE request_id = \(upload.description)")
    }

    func pruneKeysAndReservations(expiredBefore time: Timestamp) throws(ErrorAnswer) {
        try session.execute("DELETE FROM upload_reservations WHERE expires_at < \(time)")
        try session.execute("DELETE FROM upload_keys WHERE expires_at < \(time)")
    }
}
