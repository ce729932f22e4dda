import Base
import Contract
import Domain
import Postgres

/// The table `documents` of one tenant.
struct PostgresDocumentRepository: DocumentRepository {
    let session: DatabaseSession
    let inspections: KnownTables

    /// Filtered totals are counted up to here.
    private static let countedRows = 10_000

    func insert(_ document: Document) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO documents (id, filename, mime_type, file_id, user_id, created_by, created_at, updated_at)
            VALUES (\(document.id), \(document.filename.text), \(document.mediaType.text), \(document.file.id),
                    \(document.userID), \(document.createdBy), \(document.createdAt), \(document.updatedAt))
            """)
    }

    func find(_ id: DocumentID) throws(ErrorAnswer) -> Document? {
        try session.first(try selection() + "WHERE d.id = \(id)", Document.init(row:))
    }

    func lock(_ id: DocumentID) throws(ErrorAnswer) -> Document? {
        try session.first(try selection() + "WHERE d.id = \(id) FOR UPDATE OF d", Document.init(row:))
    }

    func update(
        _ id: DocumentID, filename: Filename, mediaType: MediaType, at now: Timestamp
    ) throws(ErrorAnswer) -> Document {
        try session.execute(
            """
            UPDATE documents SET filename = \(filename.text), mime_type = \(mediaType.text), updated_at = \(now)
            WHERE id = \(id)
            """)
        guard let document = try find(id) else { throw ErrorAnswer(.documentNotFound) }
        return document
    }

    func remove(_ id: DocumentID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM documents WHERE id = \(id)")
    }

    func list(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<Document> {
        let filter = Self.filter(query)
        let total: Int64
        if query.isFiltered {
            total = try session.count(
                "SELECT count(*) FROM (SELECT FROM documents d " + filter
                    + " LIMIT \(Self.countedRows + 1)) AS counted")
        } else {
            total = try session.count("SELECT count(*) FROM documents")
        }
        var page = try selection() + filter
        if let cursor = query.cursor { page += Self.continuation(cursor) }
        page += Self.order(query.sort)
        // One row more than asked for tells whether there is a next page.
        page += " LIMIT \(query.page.perPage + 1)"
        if query.cursor == nil { page += " OFFSET \(query.page.offset)" }
        var documents = try session.all(page, Document.init(row:))
        var nextCursor: String?
        if documents.count > query.page.perPage {
            documents.removeLast()
            nextCursor = documents.last.map { DocumentCursor(after: $0, in: query.sort).text }
        }
        let isLowerBound = query.isFiltered && total > Self.countedRows
        return Page(
            documents, request: query.page, total: isLowerBound ? Int64(Self.countedRows) : total,
            totalIsLowerBound: isLowerBound, nextCursor: nextCursor)
    }

    func list(showing file: FileID, page: PageRequest) throws(ErrorAnswer) -> Page<Document> {
        let total = try session.count("SELECT count(*) FROM documents WHERE file_id = \(file)")
        let documents = try session.all(
            try selection() + "WHERE d.file_id = \(file)" + Self.order(.newestFirst)
                + " LIMIT \(page.perPage) OFFSET \(page.offset)", Document.init(row:))
        return Page(documents, request: page, total: total)
    }

    /// The document's columns, its file's and those of the file's inspection.
    private func selection() throws(ErrorAnswer) -> Query {
        let found = InspectionColumns(isThere: try inspections.isThere(session))
        return """
            SELECT d.id, d.filename, d.mime_type, d.user_id, d.created_at, d.updated_at, d.created_by,
                   f.id, f.md5, f.sha256, f.object_key, f.size, f.sniffed_type, f.created_at,
            """ + " " + found.columns + " FROM documents d JOIN files f ON f.id = d.file_id" + found.join
    }

    private static func filter(_ query: DocumentQuery) -> Query {
        var filter: Query = " WHERE true"
        if let filename = query.filename {
            filter += " AND d.filename ILIKE \("%" + filename.escapedForLike + "%")"
        }
        if let userID = query.userID { filter += " AND d.user_id = \(userID)" }
        if let sha256 = query.sha256 {
            // A document shows a live file only: the predicate lets the index of contents serve.
            filter += " AND d.file_id IN (SELECT id FROM files WHERE sha256 = \(sha256) AND state = 'live')"
        }
        if let mediaType = query.mediaType { filter += " AND d.mime_type = \(mediaType.text)" }
        if let createdFrom = query.createdFrom { filter += " AND d.created_at >= \(createdFrom)" }
        if let createdTo = query.createdTo { filter += " AND d.created_at <= \(createdTo)" }
        return filter
    }

    private static func continuation(_ cursor: DocumentCursor) -> Query {
        switch cursor.sort {
        case .newestFirst: " AND (d.created_at, d.id) < (\(cursor.value)::timestamptz, \(cursor.id)::uuid)"
        case .oldestFirst: " AND (d.created_at, d.id) > (\(cursor.value)::timestamptz, \(cursor.id)::uuid)"
        case .byName:
            " AND (lower(d.filename COLLATE \"C\"), d.id) > (lower(\(cursor.value) COLLATE \"C\"), \(cursor.id)::uuid)"
        case .byNameDescending:
            " AND (lower(d.filename COLLATE \"C\"), d.id) < (lower(\(cursor.value) COLLATE \"C\"), \(cursor.id)::uuid)"
        }
    }

    private static func order(_ sort: DocumentSort) -> Query {
        switch sort {
        case .newestFirst: " ORDER BY d.created_at DESC, d.id DESC"
        case .oldestFirst: " ORDER BY d.created_at, d.id"
        case .byName: " ORDER BY lower(d.filename COLLATE \"C\"), d.id"
        case .byNameDescending: " ORDER BY lower(d.filename COLLATE \"C\") DESC, d.id DESC"
        }
    }
}

extension Document {
    /// Reads the columns of `selection`.
    fileprivate init(row: Row) throws(PostgresError) {
        var file = try StoredFile(row: row, from: 7)
        file.inspection = try FileInspection(row: row, from: 14)
        self.init(
            id: try row.decode(0), filename: Filename(stored: try row.decode(1)),
            mediaType: MediaType(stored: try row.decode(2)), file: file,
            userID: try row.decode(3), createdAt: try row.decode(4), updatedAt: try row.decode(5),
            createdBy: try row.decode(6))
    }
}

extension String {
    /// With LIKE's wildcards and its escape character taken literally.
    fileprivate var escapedForLike: String {
        var escaped = ""
        for character in self {
            if character == "%" || character == "_" || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}
