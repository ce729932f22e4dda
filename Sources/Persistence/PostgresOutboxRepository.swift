import Base
import Contract
import Domain
import Postgres

/// The tables `outbox` and `dead_letters` of one database.
struct PostgresOutboxRepository: OutboxRepository {
    let session: DatabaseSession

    func takeNext(at now: Timestamp) throws(ErrorAnswer) -> OutboxEntry? {
        try session.first(
            """
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data::text, attempts
            FROM outbox WHERE next_attempt_at <= \(now)
            ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED
            """
        ) { row throws(PostgresError) in
            let id: EventID = try row.decode(0)
            var event: Event?
            if let type = EventType(rawValue: try row.decode(1)) {
                let data: String = try row.decode(5)
                event = Event(
                    id: id, type: type, tenantID: try row.decode(2), userID: try row.decodeIfPresent(3),
                    time: try row.decode(4), data: (try? JSONValue(parsing: Array(data.utf8)))?.object ?? [:])
            }
            return OutboxEntry(id: id, event: event, attempts: Int(try row.decode(6, as: Int64.self)))
        }
    }

    func markDelivered(_ id: EventID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM outbox WHERE event_id = \(id)")
    }

    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE outbox SET attempts = attempts + 1, next_attempt_at = \(retry), last_error = \(cause),
                              first_failed_at = coalesce(first_failed_at, now())
            WHERE event_id = \(id)
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
                                      first_failed_at)
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data, attempts + 1, \(cause),
                   coalesce(first_failed_at, \(now))
            FROM dead
            ON CONFLICT (event_id) DO NOTHING
            """)
    }
}
