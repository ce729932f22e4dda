import Base
import Contract
import Domain
import Postgres

/// The table `audit_entries` of one database.
struct PostgresAuditRepository: AuditRepository {
    let session: DatabaseSession
    let known: KnownTables
    let log: Log?

    /// Totals are counted up to here.
    private static let countedRows = 10_000

    func append(_ entry: AuditEntry) throws(ErrorAnswer) {
        guard try hasTrail() else {
            log?.warning("audit entry lost: the schema is behind", ["db.name": .text(session.connection.database)])
            return
        }
        let details = String(decoding: JSONValue.object(entry.details).jsonBytes, as: UTF8.self)
        try session.execute(
            """
            INSERT INTO audit_entries (id, occurred_at, tenant_id, actor_id, action, result, error_code, target_id,
                                       address, request_id, details)
            VALUES (\(entry.id), \(entry.time), \(entry.tenantID), \(entry.actorID), \(entry.action.rawValue),
                    \(entry.result.rawValue), \(entry.errorCode), \(entry.target)::uuid, \(entry.origin.address),
                    \(entry.origin.requestID), \(details)::jsonb)
            ON CONFLICT (occurred_at, id) DO NOTHING
            """)
    }

    func list(_ query: AuditQuery) throws(ErrorAnswer) -> Page<AuditEntry> {
        guard try hasTrail() else { return Page([], request: query.page, total: 0) }
        let filter = Self.filter(query)
        let total = try session.count(
            "SELECT count(*) FROM (SELECT FROM audit_entries " + filter + " LIMIT \(Self.countedRows + 1)) AS counted")
        var page: Query = """
            SELECT id, occurred_at, tenant_id, actor_id, action, result, error_code, target_id::text, address,
                   request_id, details::text
            FROM audit_entries
            """
        page += filter
        if let cursor = query.cursor { page += " AND (occurred_at, id) < (\(cursor.time), \(cursor.id))" }
        // One row more than asked for tells whether there is a next page.
        page += " ORDER BY occurred_at DESC, id DESC LIMIT \(query.page.perPage + 1)"
        if query.cursor == nil { page += " OFFSET \(query.page.offset)" }
        var entries = try session.all(page, AuditEntry.init(row:))
        var nextCursor: String?
        if entries.count > query.page.perPage {
            entries.removeLast()
            nextCursor = entries.last.map { AuditCursor(after: $0).text }
        }
        return Page(
            entries, request: query.page, total: min(total, Int64(Self.countedRows)),
            totalIsLowerBound: total > Self.countedRows, nextCursor: nextCursor)
    }

    func keep(retentionDays: Int) throws(ErrorAnswer) -> Int {
        guard try hasTrail() else { return 0 }
        // Months are made and dropped by the tables' owner; until the transaction ends (`WorkerRole`).
        try session.execute("SET LOCAL role TO DEFAULT")
        return Int(try session.count("SELECT audit_keep(\(retentionDays))"))
    }

    private static func filter(_ query: AuditQuery) -> Query {
        var filter: Query = " WHERE true"
        if let actor = query.actor { filter += " AND actor_id = \(actor)" }
        if let action = query.action { filter += " AND action = \(action.rawValue)" }
        if let from = query.from { filter += " AND occurred_at >= \(from)" }
        if let to = query.to { filter += " AND occurred_at <= \(to)" }
        return filter
    }

    private func hasTrail() throws(ErrorAnswer) -> Bool { try known.isThere(session) }
}

extension AuditEntry {
    /// Reads the columns of `list`.
    fileprivate init(row: Row) throws(PostgresError) {
        let details: String = try row.decode(10)
        self.init(
            id: try row.decode(0), time: try row.decode(1), tenantID: try row.decodeIfPresent(2),
            actorID: try row.decodeIfPresent(3), action: try row.decodeChoice(4), result: try row.decodeChoice(5),
            errorCode: try row.decodeIfPresent(6), target: try row.decodeIfPresent(7),
            origin: RequestOrigin(address: try row.decode(8), requestID: try row.decode(9)),
            details: (try? JSONValue(parsing: Array(details.utf8)))?.object ?? [:])
    }
}
