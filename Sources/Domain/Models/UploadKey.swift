package import Base
package import Contract

/// What a user's idempotency key was used for in one tenant.
package struct UploadKey: Equatable, Sendable {
    package let userID: UserID
    package let key: String
    /// The upload that holds the key.
    package let uploadID: UploadID
    /// With the two below: what a retry must send again.
    package let sha256: String
    package let size: Int64
    package let filename: Filename
    /// The document, once it was made.
    package let documentID: DocumentID?
    package let expires: Timestamp

    package init(
        userID: UserID, key: String, uploadID: UploadID, sha256: String, size: Int64, filename: Filename,
        documentID: DocumentID?, expires: Timestamp
    ) {
        self.userID = userID
        self.key = key
        self.uploadID = uploadID
        self.sha256 = sha256
        self.size = size
        self.filename = filename
        self.documentID = documentID
        self.expires = expires
    }

    /// Whether the other is for the same file under the same name.
    func isForTheSame(as other: UploadKey) -> Bool {
        sha256 == other.sha256 && size == other.size && filename == other.filename
    }
}
