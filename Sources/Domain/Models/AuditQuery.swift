package import Base
package import Contract

/// Which entries of an audit trail are wanted, newest first.
package struct AuditQuery: Equatable, Sendable {
    package var page = PageRequest()
    package var actor: UserID?
    package var action: AuditAction?
    /// Inclusive.
    package var from: Timestamp?
    /// Inclusive.
    package var to: Timestamp?
    /// Continue after this place instead of at the page's offset.
    package var cursor: AuditCursor?

    package init() {}
}

/// The last entry of a page: where the next one goes on.
package struct AuditCursor: Equatable, Sendable {
    package let time: Timestamp
    package let id: AuditEntryID

    package init(after entry: AuditEntry) {
        time = entry.time
        id = entry.id
    }

    /// The opaque text given to clients.
    package var text: String {
        var json = JSONWriter(capacity: 96)
        json.array([time.description, id.description]) { $0.value($1) }
        return Base64.encodeURLSafe(json.bytes)
    }

    package init(validating text: String) throws(InvalidValue) {
        guard let bytes = Base64.decodeURLSafe(text), case .array(let parts)? = try? JSONValue(parsing: bytes),
            parts.count == 2, let time = parts[0].string.flatMap({ Timestamp($0) }),
            let id = parts[1].string.flatMap({ AuditEntryID($0) })
        else { throw InvalidValue("must be a next_cursor of this list") }
        self.time = time
        self.id = id
    }
}
