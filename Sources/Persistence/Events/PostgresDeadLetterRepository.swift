import Base
import Contract
import Domain
import Postgres

/// The table `dead_letters` of one database.
struct PostgresDeadLetterRepository: DeadLetterRepository {
    let session: DatabaseSession

    func list(limit: Int) throws(ErrorAnswer) -> [DeadLetter] {
        try session.all(
            """
            SELECT event_id, event_type, tenant_id, occurred_at, attempts, cause, first_failed_at, died_at
            FROM dead_letters ORDER BY died_at DESC, event_id DESC LIMIT \(limit)
            """
        ) { row throws(PostgresError) in
            DeadLetter(
                id: try row.decode(0), type: try row.decode(1), tenantID: try row.decode(2), time: try row.decode(3),
                attempts: Int(try row.decode(4, as: Int64.self)), cause: try row.decode(5),
                firstFailure: try row.decode(6), death: try row.decode(7))
        }
    }

    func add(
        _ event: Event, cause: String, attempts: Int, firstFailure: Timestamp, at now: Timestamp
    ) throws(ErrorAnswer) {
        let data = String(decoding: JSONValue.object(event.data).jsonBytes, as: UTF8.self)
        try session.execute(
            """
            INSERT INTO dead_letters (event_id, event_type, tenant_id, user_id, occurred_at, data, attempts, cause,
                                      first_failed_at, died_at)
            VALUES (\(event.id), \(event.type.rawValue), \(event.tenantID), \(event.userID), \(event.time),
                    \(data)::jsonb, \(attempts), \(cause), \(firstFailure), \(now))
            ON CONFLICT (event_id) DO NOTHING
            """)
    }

    func revive(_ id: EventID?) throws(ErrorAnswer) -> Int {
        try session.execute(
            """
            WITH revived AS (
                DELETE FROM dead_letters WHERE \(id)::uuid IS NULL OR event_id = \(id)::uuid
                RETURNING event_id, event_type, tenant_id, user_id, occurred_at, data
            )
            INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data)
            SELECT event_id, event_type, tenant_id, user_id, occurred_at, data FROM revived ORDER BY occurred_at, event_id
            ON CONFLICT (event_id) DO UPDATE SET attempts = 0, next_attempt_at = excluded.next_attempt_at
            """)
    }
}
