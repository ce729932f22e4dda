package import Base
package import Contract

/// The commit of one upload as it is carried out together with others: the ids of what it makes, and whence it came.
package struct UploadCommit: Equatable, Sendable {
    package let uploadID: UploadID
    package let documentID: DocumentID
    package let eventID: EventID
    package let auditID: AuditEntryID
    package let origin: RequestOrigin

    /// New ids for the document, its event and its audit entry.
    package init(_ uploadID: UploadID, from origin: RequestOrigin, at now: Timestamp) {
        self.uploadID = uploadID
        self.origin = origin
        documentID = .ordered(at: now)
        eventID = .ordered(at: now)
        auditID = .ordered(at: now)
    }
}
