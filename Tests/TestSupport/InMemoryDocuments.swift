import Base
import Contract
import Domain

struct InMemoryDocuments: DocumentRepository {
    let tables: InMemoryTenantTables
    let transaction: InMemoryTransaction

    func insert(_ document: Document) throws(ErrorAnswer) {
        guard tables.files[document.file.id] != nil else {
            throw ErrorAnswer(.internalError, cause: "a foreign key of the documents")
        }
        transaction.put(document, at: document.id, in: tables.documents)
    }

    func find(_ id: DocumentID) throws(ErrorAnswer) -> Document? { joined(id) }
    func lock(_ id: DocumentID) throws(ErrorAnswer) -> Document? { joined(id) }
    /// With what was found in its file since.
    private func joined(_ id: DocumentID) -> Document? {
        tables.documents[id].map { document in
            Document(
                id: id, filename: document.filename, mediaType: document.mediaType,
                file: tables.files[document.file.id]?.file ?? document.file, userID: document.userID,
                createdAt: document.createdAt, updatedAt: document.updatedAt, createdBy: document.createdBy)
        }
    }

    func remove(_ id: DocumentID) throws(ErrorAnswer) { transaction.put(nil, at: id, in: tables.documents) }

    func update(
        _ id: DocumentID, filename: Filename, mediaType: MediaType, at now: Timestamp
    ) throws(ErrorAnswer) -> Document {
        guard let before = tables.documents[id] else { throw ErrorAnswer(.documentNotFound) }
        let document = Document(
            id: id, filename: filename, mediaType: mediaType, file: before.file, userID: before.userID,
            createdAt: before.createdAt, updatedAt: now, createdBy: before.createdBy)
        transaction.put(document, at: id, in: tables.documents)
        return document
    }

    func list(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<Document> {
        let found = tables.documents.rows.values.filter { query.matches($0) }
        let sorted = found.sorted { query.sort.isBefore($0, $1) }
        var rest = sorted[...]
        if let cursor = query.cursor {
            rest = rest.drop { document in
                document.id != cursor.id
                    && DocumentCursor(after: document, in: query.sort).isBefore(cursor)
            }
            if rest.first?.id == cursor.id { rest = rest.dropFirst() }
        } else {
            rest = rest.dropFirst(Int(query.page.offset))
        }
        let page = Array(rest.prefix(query.page.perPage))
        let next = rest.count > page.count ? page.last.map { DocumentCursor(after: $0, in: query.sort).text } : nil
        return Page(page, request: query.page, total: Int64(found.count), nextCursor: next)
    }

    func listEntries(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<DocumentEntry> {
        let page = try list(query)
        return Page(
            page.elements.map(\.entry), request: page.request, total: page.total,
            totalIsLowerBound: page.totalIsLowerBound, nextCursor: page.nextCursor)
    }

    func list(showing file: FileID, page: PageRequest) throws(ErrorAnswer) -> Page<Document> {
        let found = tables.documents.rows.values.filter { $0.file.id == file }
        return Page(of: found.sorted { DocumentSort.newestFirst.isBefore($0, $1) }, page)
    }
}

extension DocumentQuery {
    fileprivate func matches(_ document: Document) -> Bool {
        if let filename, !document.filename.text.lowercased().contains(filename.lowercased()) { return false }
        if let userID, document.userID != userID { return false }
        if let sha256, document.file.sha256 != sha256 { return false }
        if let mediaType, document.mediaType != mediaType { return false }
        if let createdFrom, document.createdAt < createdFrom { return false }
        if let createdTo, document.createdAt > createdTo { return false }
        return true
    }
}

extension DocumentSort {
    fileprivate func isBefore(_ a: Document, _ b: Document) -> Bool {
        DocumentCursor(after: a, in: self).isBefore(DocumentCursor(after: b, in: self))
    }
}

extension DocumentCursor {
    /// Whether this place comes before the other in their order. The text of times sorts like the times; names sort by
    /// their bytes, ASCII letters in any case.
    fileprivate func isBefore(_ other: DocumentCursor) -> Bool {
        let (first, second): (DocumentCursor, DocumentCursor) =
            sort == .newestFirst || sort == .byNameDescending ? (other, self) : (self, other)
        let (a, b) = (first.sortKey, second.sortKey)
        return a == b ? first.id < second.id : a.lexicographicallyPrecedes(b)
    }

    private var sortKey: [UInt8] { value.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 } }
}
