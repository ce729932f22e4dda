import Base
import Contract

/// Idempotency keys of uploads: at most one document comes of a key within 24 hours (scope: user, tenant, uploads).
///
/// The newest upload with a key holds it. One that finds the key held by an upload that made its document answers with
/// that document; one that is still under way, or was lost in a crash, is given up: its client has sent again.
/// Whoever touches a key's row and an intent locks the key's row first.
struct UploadReplay {
    static let lifetime: Duration = .seconds(86_400)

    let grant: UploadGrant
    let tenant: TenantRepositories

    /// Takes the key for this upload, or finds the document that it stands for.
    ///
    /// - Throws: `.validationError` when the key was used for another file, `.conflict` when its document is deleted.
    func begin(_ intent: UploadIntent, at now: Timestamp) throws(ErrorAnswer) -> Document? {
        guard let key = grant.idempotencyKey else { return nil }
        let wanted = UploadKey(
            userID: grant.userID, key: key, uploadID: grant.uploadID, sha256: intent.file.sha256,
            size: intent.file.size, filename: intent.filename, documentID: nil, expires: now + Self.lifetime)
        let held = try tenant.uploads.claim(wanted, at: now)
        guard held.uploadID != grant.uploadID else { return nil }
        guard held.isForTheSame(as: wanted) else {
            throw ErrorAnswer(
                .validationError, message: "This Idempotency-Key was used for another file.",
                details: [
                    "fields": .object(["Idempotency-Key": .string("was used for another file or file name")])
                ])
        }
        if let id = held.documentID {
            guard let document = try tenant.documents.find(id) else {
                throw ErrorAnswer(.conflict, message: "The document that this Idempotency-Key made is deleted.")
            }
            return document
        }
        _ = try tenant.uploads.markAbandoned(held.uploadID)
        try tenant.uploads.replace(wanted)
        return nil
    }

    /// Locks the key before anything else of the upload is locked.
    func lock() throws(ErrorAnswer) {
        if let key = grant.idempotencyKey { try tenant.uploads.lockKey(key, of: grant.userID) }
    }

    /// Notes the document under the key, in the transaction that makes it.
    func finish(_ document: Document) throws(ErrorAnswer) {
        if let key = grant.idempotencyKey {
            try tenant.uploads.settleKey(key, of: grant.userID, upload: grant.uploadID, document: document.id)
        }
    }
}
