import Base
import Contract
import Domain
import Postgres

/// The table `inbox` of one database.
struct PostgresInboxRepository: InboxRepository {
    let session: DatabaseSession

    func claim(_ event: EventID, handler: String, at now: Timestamp) throws(ErrorAnswer) -> Bool {
        try session.execute(
            """
            INSERT INTO inbox (event_id, handler, handled_at) VALUES (\(event), \(handler), \(now))
            ON CONFLICT (event_id, handler) DO NOTHING
            """) == 1
    }

    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int {
        try session.execute("DELETE FROM inbox WHERE handled_at < \(time)")
    }
}
