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
        try session.first((try selection() + "WHERE d.id = \(id)").inBinary(), Document.init(row:))
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
        let (columns, source) = try withFiles()
        return try page(query, columns, source) { row throws(PostgresError) in
            let document = try Document(row: row, from: 1)
            return (document, document.entry)
        }
    }

    func listEntries(_ query: DocumentQuery) throws(ErrorAnswer) -> Page<DocumentEntry> {
        try page(query, Self.columns, " FROM documents d") { row throws(PostgresError) in
            let entry = try DocumentEntry(row: row, from: 1)
            return (entry, entry)
        }
    }

    /// One page of the columns; each row begins with the number of all documents, read in the same snapshot, or with NULL
    /// where a filter makes that another question.
    private func page<Element>(
        _ query: DocumentQuery, _ columns: Query, _ source: Query,
        _ decode: (Row) throws(PostgresError) -> (Element, DocumentEntry)
    ) throws(ErrorAnswer) -> Page<Element> {
        let filter = Self.filter(query)
        var statement: Query = "SELECT "
        statement += query.isFiltered ? "NULL::bigint, " : "(" + Self.total + "), "
        statement += columns + source + filter
        if let cursor = query.cursor { statement += Self.continuation(cursor) }
        statement += Self.order(query.sort)
        // One row more than asked for tells whether there is a next page. A first page has no parameter of its own, so
        // that its plan is made once and kept: for a limit that it does not know the server would plan each time.
        statement += " LIMIT \(literal: query.page.perPage + 1)"
        if query.cursor == nil, query.page.offset > 0 { statement += " OFFSET \(query.page.offset)" }
        var total: Int64?
        var rows = try session.all(statement.inBinary()) { row throws(PostgresError) in
            if total == nil { total = try row.decodeIfPresent(0) }
            return try decode(row)
        }
        var nextCursor: String?
        if rows.count > query.page.perPage {
            rows.removeLast()
            nextCursor = rows.last.map { DocumentCursor(after: $0.1, in: query.sort).text }
        }
        let counted = if let total { total } else { try count(query, filter) }
        let isLowerBound = query.isFiltered && counted > Self.countedRows
        return Page(
            rows.map(\.0), request: query.page, total: isLowerBound ? Int64(Self.countedRows) : counted,
            totalIsLowerBound: isLowerBound, nextCursor: nextCursor)
    }

    private func count(_ query: DocumentQuery, _ filter: Query) throws(ErrorAnswer) -> Int64 {
        guard query.isFiltered else { return try session.count(Self.total) }
        return try session.count(
            "SELECT count(*) FROM (SELECT FROM documents d " + filter + " LIMIT \(Self.countedRows + 1)) AS counted")
    }

    func list(showing file: FileID, page: PageRequest) throws(ErrorAnswer) -> Page<Document> {
        let total = try session.count("SELECT count(*) FROM documents WHERE file_id = \(file)")
        let documents = try session.all(
            try selection() + "WHERE d.file_id = \(file)" + Self.order(.newestFirst)
                + " LIMIT \(page.perPage) OFFSET \(page.offset)", Document.init(row:))
        return Page(documents, request: page, total: total)
    }

    private static let columns: Query =
        "d.id, d.filename, d.mime_type, d.file_id, d.user_id, d.created_at, d.updated_at, d.created_by"
    private static let total: Query =
        "SELECT coalesce(sum(row_count), 0)::bigint FROM row_counts WHERE counted = 'documents'"

    /// The document's columns, its file's and those of the file's inspection.
    private func selection() throws(ErrorAnswer) -> Query {
        let (columns, source) = try withFiles()
        return "SELECT " + columns + source
    }

    private func withFiles() throws(ErrorAnswer) -> (columns: Query, source: Query) {
        let found = InspectionColumns(isThere: try inspections.isThere(session))
        return (
            Self.columns + ", f.id, f.md5, f.sha256, f.object_key, f.size, f.sniffed_type, f.created_at, "
                + found.columns, " FROM documents d JOIN files f ON f.id = d.file_id" + found.join
        )
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
    fileprivate init(row: Row) throws(PostgresError) { try self.init(row: row, from: 0) }

    fileprivate init(row: Row, from first: Int) throws(PostgresError) {
        let entry = try DocumentEntry(row: row, from: first)
        var file = try StoredFile(row: row, from: first + 8)
        file.inspection = try FileInspection(row: row, from: first + 15)
        self.init(
            id: entry.id, filename: entry.filename, mediaType: entry.mediaType, file: file, userID: entry.userID,
            createdAt: entry.createdAt, updatedAt: entry.updatedAt, createdBy: entry.createdBy)
    }
}

extension DocumentEntry {
    fileprivate init(row: Row, from first: Int) throws(PostgresError) {
        self.init(
            id: try row.decode(first), filename: Filename(stored: try row.decode(first + 1)),
            mediaType: MediaType(stored: try row.decode(first + 2)), fileID: try row.decode(first + 3),
            userID: try row.decode(first + 4), createdAt: try row.decode(first + 5),
            updatedAt: try row.decode(first + 6), createdBy: try row.decode(first + 7))
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
