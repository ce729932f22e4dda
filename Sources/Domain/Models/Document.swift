package import Base
package import Contract

/// A named entry of a tenant that points at a file's content.
package struct Document: Equatable, Sendable {
    package let id: DocumentID
    package let filename: Filename
    package let mediaType: MediaType
    package let file: StoredFile
    /// The owner.
    package let userID: UserID
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let createdBy: UserID

    package init(
        id: DocumentID, filename: Filename, mediaType: MediaType, file: StoredFile, userID: UserID,
        createdAt: Timestamp, updatedAt: Timestamp, createdBy: UserID
    ) {
        self.id = id
        self.filename = filename
        self.mediaType = mediaType
        self.file = file
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
    }
}
