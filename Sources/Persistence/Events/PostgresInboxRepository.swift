import Base
import Contract
import Domain
import Postgres

/// The table `inbox` of one database.
struct PostgresInboxRepository: InboxRepository {
    let session: DatabaseSession

    func claim(_ handlers: [EventID: String], at now: Timestamp) throws(ErrorAnswer) -> Set<EventID> {
        // In one order, so that no two transactions wait for each other.
        let claimed = try session.all(
            """
            INSERT INTO inbox (event_id, handler, handled_at)
            SELECT event_id, handler, \(now)
            FROM unnest(\(Array(handlers.keys))::uuid[], \(Array(handlers.values))::text[]) AS c (event_id, handler)
            ORDER BY event_id
            ON CONFLICT (event_id, handler) DO NOTHING
            RETURNING event_id
            """
        ) { row throws(PostgresError) in try row.decode(0, as: EventID.self) }
        return Set(claimed)
    }

    func release(_ handlers: [EventID: String]) throws(ErrorAnswer) {
        try session.execute(
            """
            DELETE FROM inbox USING unnest(
                \(Array(handlers.keys))::uuid[], \(Array(handlers.values))::text[]) AS c (event_id, handler)
            WHERE inbox.event_id = c.event_id AND inbox.handler = c.handler
            """)
    }

    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int {
        try session.execute("DELETE FROM inbox WHERE handled_at < \(time)")
    }
}
