package import Base
package import Contract

/// Which documents of a tenant are wanted, and in which order.
package struct DocumentQuery: Equatable, Sendable {
    package var page = PageRequest()
    /// A part of the file name, in any case.
    package var filename: String?
    package var userID: UserID?
    /// Of the content, in lower-case hexadecimal.
    package var sha256: String?
    package var mediaType: MediaType?
    /// Inclusive.
    package var createdFrom: Timestamp?
    /// Inclusive.
    package var createdTo: Timestamp?
    package var sort = DocumentSort.newestFirst
    /// Continue after this place instead of at the page's offset.
    package var cursor: DocumentCursor?

    package init() {}

    package var isFiltered: Bool {
        filename != nil || userID != nil || sha256 != nil || mediaType != nil || createdFrom != nil || createdTo != nil
    }
}

/// The orders of a document list, names in any case; the id breaks ties, so that every order is total.
package enum DocumentSort: String, CaseIterable, Sendable {
    case newestFirst = "-created_at"
    case oldestFirst = "created_at"
    case byName = "filename"
    case byNameDescending = "-filename"

    package init(validating text: String) throws(InvalidValue) {
        guard let sort = DocumentSort(rawValue: text) else {
            throw InvalidValue("must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = sort
    }
}

/// The last element of a page: where the next one goes on.
package struct DocumentCursor: Equatable, Sendable {
    package let sort: DocumentSort
    /// The element's value of the sort column: a time or a name.
    package let value: String
    package let id: DocumentID

    package init(after document: Document, in sort: DocumentSort) { self.init(after: document.entry, in: sort) }

    package init(after document: DocumentEntry, in sort: DocumentSort) {
        self.sort = sort
        id = document.id
        value =
            switch sort {
            case .newestFirst, .oldestFirst: document.createdAt.description
            case .byName, .byNameDescending: document.filename.text
            }
    }

    /// The opaque text given to clients.
    package var text: String {
        var json = JSONWriter(capacity: 128)
        json.array([sort.rawValue, value, id.description]) { $0.value($1) }
        return Base64.encodeURLSafe(json.bytes)
    }

    package init(validating text: String) throws(InvalidValue) {
        guard let bytes = Base64.decodeURLSafe(text), case .array(let parts)? = try? JSONValue(parsing: bytes),
            parts.count == 3, let sort = parts[0].string.flatMap(DocumentSort.init(rawValue:)),
            let place = parts[1].string, let id = parts[2].string.flatMap({ DocumentID($0) }),
            let value = Self.value(place, in: sort)
        else { throw InvalidValue("must be a next_cursor of this list") }
        self.sort = sort
        self.value = value
        self.id = id
    }

    /// The value as a database can read it; nil when it is none of this order.
    private static func value(_ text: String, in sort: DocumentSort) -> String? {
        switch sort {
        case .newestFirst, .oldestFirst: Timestamp(text)?.description
        case .byName, .byNameDescending: text.utf8.contains(0) ? nil : text
        }
    }
}
