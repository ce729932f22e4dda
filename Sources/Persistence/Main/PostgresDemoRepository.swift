import Base
import Contract
import Domain
import Postgres

/// The table `demo_messages`.
struct PostgresDemoRepository: DemoRepository {
    let session: DatabaseSession

    func insert(_ message: DemoMessage, keeping limit: Int) throws(ErrorAnswer) {
        let json = String(decoding: message.message.jsonBytes, as: UTF8.self)
        try session.execute(
            """
            INSERT INTO demo_messages (event_id, user_id, topic, key, message, produced_at, consumed_at)
            VALUES (\(message.eventID), \(message.userID), \(message.topic.text), \(message.key), \(json)::jsonb,
                    \(message.producedAt), \(message.consumedAt))
            ON CONFLICT (event_id) DO NOTHING
            """)
        try session.execute(
            """
            DELETE FROM demo_messages WHERE event_id IN (
                SELECT event_id FROM demo_messages WHERE user_id = \(message.userID)
                ORDER BY consumed_at DESC, event_id DESC OFFSET \(limit))
            """)
    }

    func last(_ limit: Int, of user: UserID) throws(ErrorAnswer) -> [DemoMessage] {
        try session.all(
            """
            SELECT event_id, topic, key, message::text, produced_at, consumed_at
            FROM demo_messages WHERE user_id = \(user)
            ORDER BY consumed_at DESC, event_id DESC LIMIT \(limit)
            """
        ) { row throws(PostgresError) -> DemoMessage? in
            let json: String = try row.decode(3)
            guard let topic = try? DemoTopic(try row.decode(1)), let message = try? JSONValue(parsing: Array(json.utf8))
            else { return nil }
            return DemoMessage(
                eventID: try row.decode(0), userID: user, topic: topic, key: try row.decodeIfPresent(2),
                message: message, producedAt: try row.decode(4), consumedAt: try row.decode(5))
        }.compactMap { $0 }
    }
}
