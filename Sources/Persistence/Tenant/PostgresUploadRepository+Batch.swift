import Base
import Contract
import Domain
import Postgres

/// Several uploads in one statement.
///
/// Each says by a LIMIT how many there are. For a limit that it does not know the server takes a tenth of the ten rows that it
/// expects of an array: its kept plan is made for one upload, so it looks for each by an index, and looks better to it than
/// a plan that it would make for the values at hand.
extension PostgresUploadRepository {
    /// The tables of a new tenant are empty, and grow by hundreds of rows a second when it uploads.
    private static let planLifetime: Duration = .seconds(1)

    func open(_ intents: [UploadIntent]) throws(ErrorAnswer) -> Set<UploadID> {
        let files = intents.map(\.file)
        let query: Query = """
            INSERT INTO upload_intents (upload_id, user_id, filename, mime_type, file_id, md5, sha256, size,
                                        object_key, sniffed_type, created_at, expires_at)
            SELECT w.upload_id, w.user_id, w.filename, w.mime_type, w.file_id, w.md5, w.sha256, w.size,
                   w.object_key, w.sniffed_type, w.created_at, w.expires_at
            FROM (SELECT * FROM unnest(
                        \(intents.map(\.id))::uuid[], \(intents.map(\.userID))::uuid[],
                        \(intents.map(\.filename.text))::text[], \(intents.map(\.mediaType.text))::text[],
                        \(files.map(\.id))::uuid[], \(files.map(\.md5))::text[], \(files.map(\.sha256))::text[],
                        \(files.map(\.size))::bigint[], \(files.map(\.key))::text[],
                        \(files.map(\.sniffedType.text))::text[],
                        \(files.map(\.createdAt.description))::timestamptz[],
                        \(intents.map(\.expires.description))::timestamptz[])
                      AS w (upload_id, user_id, filename, mime_type, file_id, md5, sha256, size, object_key,
                            sniffed_type, created_at, expires_at)
                  LIMIT \(intents.count)) w
            WHERE NOT EXISTS (
                SELECT FROM files f WHERE f.sha256 = w.sha256 AND f.size = w.size AND f.state = 'live')
            ON CONFLICT (upload_id) DO NOTHING
            RETURNING upload_id
            """
        return Set(
            try session.all(query.plannedAnew(after: Self.planLifetime)) { row throws(PostgresError) -> UploadID in
                try row.decode(0)
            })
    }

    func settle(
        _ commits: [UploadCommit], tenant: TenantID, at now: Timestamp
    ) throws(ErrorAnswer) -> [UploadID: Document] {
        // Locks in one order always, so that two statements never wait for each other. IS TRUE keeps the planner from
        // the index of pending rows, in which every upload of the last minutes has left a dead entry.
        let query: Query = """
            WITH intent AS MATERIALIZED (
                SELECT i.upload_id, i.filename, i.mime_type, i.user_id, i.file_id, i.md5, i.sha256, i.object_key,
                       i.size, i.sniffed_type, i.created_at,
                       c.document_id, c.event_id, c.audit_id, c.address, c.request_id
                FROM upload_intents i
                JOIN (SELECT * FROM unnest(
                            \(commits.map(\.uploadID))::uuid[], \(commits.map(\.documentID))::uuid[],
                            \(commits.map(\.eventID))::uuid[], \(commits.map(\.auditID))::uuid[],
                            \(commits.map(\.origin.address))::text[], \(commits.map(\.origin.requestID))::text[])
                          AS c (upload_id, document_id, event_id, audit_id, address, request_id)
                      LIMIT \(commits.count)) c
                  ON c.upload_id = i.upload_id
                WHERE (i.state = 'pending') IS TRUE ORDER BY i.upload_id FOR UPDATE OF i
            ), file AS (
                INSERT INTO files (id, md5, sha256, size, object_key, sniffed_type, created_at)
                SELECT file_id, md5, sha256, size, object_key, sniffed_type, created_at
                FROM intent ORDER BY sha256, size
                ON CONFLICT (sha256, size) WHERE state = 'live' DO NOTHING
                RETURNING id
            ), made AS MATERIALIZED (
                SELECT i.* FROM intent i JOIN file f ON f.id = i.file_id ORDER BY i.upload_id
            ), document AS (
                INSERT INTO documents (id, filename, mime_type, file_id, user_id, created_by, created_at, updated_at)
                SELECT document_id, filename, mime_type, file_id, user_id, user_id, \(now)::timestamptz,
                       \(now)::timestamptz
                FROM made
            ), settled AS (
                UPDATE upload_intents u SET state = 'committed', document_id = m.document_id
                FROM made m WHERE u.upload_id = m.upload_id
            ), entry AS (
                INSERT INTO audit_entries (id, occurred_at, tenant_id, actor_id, action, result, target_id, address,
                                           request_id, details)
                SELECT audit_id, \(now)::timestamptz, \(tenant)::uuid, user_id,
                       \(AuditAction.uploadDocument.rawValue)::text, \(AuditResult.success.rawValue)::text,
                       document_id, address, request_id,
                       jsonb_build_object('file_id', file_id, 'file_size', size)
                FROM made
            ), event AS (
                INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data)
                SELECT event_id, \(EventType.documentUploaded.rawValue)::text, \(tenant)::uuid, user_id,
                       \(now)::timestamptz,
                       jsonb_build_object('document_id', document_id, 'file_id', file_id, 'mime_type', mime_type,
                                          'file_size', size, 'sha256', sha256, 'request_id', request_id)
                FROM made
            )
            SELECT upload_id, document_id, filename, mime_type, user_id,
                   file_id, md5, sha256, object_key, size, sniffed_type, created_at
            FROM made
            """
        let made = try session.all(query.plannedAnew(after: Self.planLifetime)) {
            row throws(PostgresError) -> (UploadID, Document) in
            let user: UserID = try row.decode(4)
            let document = Document(
                id: try row.decode(1), filename: Filename(stored: try row.decode(2)),
                mediaType: MediaType(stored: try row.decode(3)), file: try StoredFile(row: row, from: 5),
                userID: user, createdAt: now, updatedAt: now, createdBy: user)
            return (try row.decode(0), document)
        }
        return Dictionary(made, uniquingKeysWith: { first, _ in first })
    }
}
