package import Base
package import Contract

/// The record of one upload between *resolve* and *commit* (docs/architecture.md, "One upload").
package struct UploadIntent: Equatable, Sendable {
    package enum State: String, Sendable {
        /// The bytes are on their way to the object store.
        case pending
        /// The document exists.
        case committed
        /// Given up; its object, if any, is to be removed.
        case abandoned
    }

    package let id: UploadID
    package let state: State
    package let userID: UserID
    package let file: StoredFile
    package let filename: Filename
    package let mediaType: MediaType
    /// The document, once committed.
    package let documentID: DocumentID?
    package let expires: Timestamp

    package init(
        id: UploadID, state: State, userID: UserID, file: StoredFile, filename: Filename, mediaType: MediaType,
        documentID: DocumentID?, expires: Timestamp
    ) {
        self.id = id
        self.state = state
        self.userID = userID
        self.file = file
        self.filename = filename
        self.mediaType = mediaType
        self.documentID = documentID
        self.expires = expires
    }
}
