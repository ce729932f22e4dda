package import Base
package import Contract

/// A document as lists show it: without the file that it points at, which costs a look at another table.
package struct DocumentEntry: Equatable, Sendable {
    package let id: DocumentID
    package let filename: Filename
    package let mediaType: MediaType
    package let fileID: FileID
    /// The owner.
    package let userID: UserID
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let createdBy: UserID

    package init(
        id: DocumentID, filename: Filename, mediaType: MediaType, fileID: FileID, userID: UserID,
        createdAt: Timestamp, updatedAt: Timestamp, createdBy: UserID
    ) {
        self.id = id
        self.filename = filename
        self.mediaType = mediaType
        self.fileID = fileID
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
    }
}

extension Document {
    /// What a list shows of it.
    package var entry: DocumentEntry {
        DocumentEntry(
            id: id, filename: filename, mediaType: mediaType, fileID: file.id, userID: userID, createdAt: createdAt,
            updatedAt: updatedAt, createdBy: createdBy)
    }
}
