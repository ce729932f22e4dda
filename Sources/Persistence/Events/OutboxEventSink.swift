import Base
import Contract
import Domain
import Postgres

/// The table `outbox`, in the database and the transaction of the change.
struct OutboxEventSink: EventSink {
    let session: DatabaseSession

    func append(_ event: Event) throws(ErrorAnswer) {
        let data = String(decoding: JSONValue.object(event.data).jsonBytes, as: UTF8.self)
        try session.execute(
            """
            INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data)
            VALUES (\(event.id), \(event.type.rawValue), \(event.tenantID), \(event.userID), \(event.time),
                    \(data)::jsonb)
            """)
    }
}
