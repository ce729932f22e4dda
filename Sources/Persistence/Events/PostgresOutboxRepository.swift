import Base
import Contract
import Domain
import Postgres

/// The table `outbox` of one database.
struct PostgresOutboxRepository: OutboxRepository {
    let session: DatabaseSession

    func take(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry] {
        // An older event of the same aggregate is still here while it waits for its next try or is held by another
        // reader: only when it is gone does the next one come.
        var query: Query = """
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data::text, attempts, last_error, first_failed_at
            FROM outbox o
            WHERE next_attempt_at <= \(now)
              AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate = o.aggregate AND e.seq < o.seq)

            """
        // Otherwise a search for several would go through all events of an aggregate that has very many.
        if limit > 1 {
            query += """
                AND seq <= coalesce((SELECT seq FROM outbox WHERE next_attempt_at <= \(now)
                                     ORDER BY seq OFFSET \(limit * 4) LIMIT 1), 9223372036854775807)

                """
        }
        query += "ORDER BY seq LIMIT \(limit) FOR UPDATE SKIP LOCKED"
        return try session.all(query.plannedAnew(), OutboxEntry.init(row:))
    }

    func nextDue() throws(ErrorAnswer) -> Timestamp? {
        try session.first("SELECT min(next_attempt_at) FROM outbox HAVING count(*) > 0") { row throws(PostgresError) in
            try row.decode(0)
        }
    }

    func takeBatch(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry]? {
        // The key is any constant: advisory locks are of one database.
        let isAlone = try session.first("SELECT pg_try_advisory_xact_lock(5110)") { row throws(PostgresError) in
            try row.decode(0, as: Bool.self)
        }
        guard isAlone == true else { return nil }
        return try session.all(
            """
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data::text, attempts, last_error, first_failed_at
            FROM outbox o
            WHERE next_attempt_at <= \(now)
              AND NOT EXISTS (SELECT FROM outbox e
                              WHERE e.aggregate = o.aggregate AND e.seq < o.seq AND e.next_attempt_at > \(now))
            ORDER BY seq LIMIT \(limit) FOR UPDATE SKIP LOCKED
            """, OutboxEntry.init(row:))
    }

    func lock(_ id: EventID) throws(ErrorAnswer) -> Int? {
        try session.first("SELECT attempts FROM outbox WHERE event_id = \(id) FOR UPDATE") {
            row throws(PostgresError) in Int(try row.decode(0, as: Int64.self))
        }
    }

    func markDelivered(_ ids: [EventID]) throws(ErrorAnswer) {
        try session.execute("DELETE FROM outbox WHERE event_id = ANY(\(ids)::uuid[])")
    }

    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE outbox SET attempts = attempts + 1, next_attempt_at = \(retry), last_error = \(cause),
                              first_failed_at = coalesce(first_failed_at, now())
            WHERE event_id = \(id)
            """)
    }

    func putBack(_ event: Event, after failures: EventFailures, retry: Timestamp) throws(ErrorAnswer) {
        let data = String(decoding: JSONValue.object(event.data).jsonBytes, as: UTF8.self)
        // The row may still be there, held by the relay that is about to remove it: DO UPDATE waits for that and then
        // inserts, where DO NOTHING would leave the event in neither place.
        try session.execute(
            """
            INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data, attempts, next_attempt_at,
                                first_failed_at, last_error)
            VALUES (\(event.id), \(event.type.rawValue), \(event.tenantID), \(event.userID), \(event.time),
                    \(data)::jsonb, \(failures.attempts), \(retry), \(failures.first), \(failures.cause))
            ON CONFLICT (event_id) DO UPDATE
            SET attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
                first_failed_at = excluded.first_failed_at, last_error = excluded.last_error
            """)
    }

    func bury(_ id: EventID, cause: String, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            WITH dead AS (
                DELETE FROM outbox WHERE event_id = \(id)
                RETURNING event_id, event_type, tenant_id, user_id, occurred_at, data, attempts, first_failed_at
            )
            INSERT INTO dead_letters (event_id, event_type, tenant_id, user_id, occurred_at, data, attempts, cause,
                                      first_failed_at, died_at)
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data, attempts + 1, \(cause),
                   coalesce(first_failed_at, \(now)), \(now)
            FROM dead
            ON CONFLICT (event_id) DO NOTHING
            """)
    }

    func list(limit: Int) throws(ErrorAnswer) -> [OutboxEntry] {
        try session.all(
            """
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data::text, attempts, last_error, first_failed_at
            FROM outbox ORDER BY seq LIMIT \(limit)
            """, OutboxEntry.init(row:))
    }

    func backlog() throws(ErrorAnswer) -> EventBacklog {
        let found = try session.first(
            """
            SELECT (SELECT count(*) FROM outbox), (SELECT min(occurred_at) FROM outbox),
                   (SELECT count(*) FROM dead_letters)
            """
        ) { row throws(PostgresError) in
            EventBacklog(
                pending: try row.decode(0), oldest: try row.decodeIfPresent(1), dead: try row.decode(2))
        }
        return found ?? EventBacklog()
    }
}

extension OutboxEntry {
    /// Reads event_id, event_type, tenant_id, user_id, occurred_at, data, attempts, last_error, first_failed_at.
    fileprivate init(row: Row) throws(PostgresError) {
        let id: EventID = try row.decode(0)
        let type: String = try row.decode(1)
        var event: Event?
        if let known = EventType(rawValue: type) {
            let data: String = try row.decode(5)
            event = Event(
                id: id, type: known, tenantID: try row.decode(2), userID: try row.decodeIfPresent(3),
                time: try row.decode(4), data: (try? JSONValue(parsing: Array(data.utf8)))?.object ?? [:])
        }
        self.init(
            id: id, type: type, event: event, attempts: Int(try row.decode(6, as: Int64.self)),
            lastError: try row.decodeIfPresent(7), firstFailure: try row.decodeIfPresent(8))
    }
}
