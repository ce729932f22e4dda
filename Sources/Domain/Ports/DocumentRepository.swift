package import Base
package import Contract

/// The documents of one tenant.
package protocol DocumentRepository {
    func insert(_ document: Document) throws(ErrorAnswer)
    func find(_ id: DocumentID) throws(ErrorAnswer) -> Document?
    /// The document, its row locked until the transaction ends.
    func lock(_ id: DocumentID) throws(ErrorAnswer) -> Document?
    func update(
        _ id: DocumentID, filename: Filename, mediaType: MediaType, at now: Timestamp
    ) throws(ErrorAnswer) -> Document
    func remove(_ id: DocumentID) throws(ErrorAnswer)
    func list(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<Document>
    /// The same list without the files.
    func listEntries(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<DocumentEntry>
    /// Documents that show the file, newest first.
    func list(showing file: FileID, page: PageRequest) throws(ErrorAnswer) -> Page<Document>
}
