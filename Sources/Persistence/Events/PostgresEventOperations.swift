import Base
import Contract
import Domain
import Postgres

/// The tables of the main database that tell how delivery goes.
struct PostgresEventOperations: EventOperations {
    let session: DatabaseSession

    /// Stands for the main database where a tenant's id is wanted.
    private static let mainID = TenantID(high: 0, low: 0)

    func note(_ backlog: EventBacklog, of tenant: TenantID?, at now: Timestamp) throws(ErrorAnswer) {
        let id = tenant ?? Self.mainID
        if backlog.isEmpty {
            try session.execute("DELETE FROM event_backlogs WHERE tenant_id = \(id)")
        } else {
            try session.execute(
                """
                INSERT INTO event_backlogs (tenant_id, pending, oldest_at, dead, seen_at)
                VALUES (\(id), \(backlog.pending), \(backlog.oldest), \(backlog.dead), \(now))
                ON CONFLICT (tenant_id) DO UPDATE
                SET pending = excluded.pending, oldest_at = excluded.oldest_at, dead = excluded.dead,
                    seen_at = excluded.seen_at
                """)
        }
    }

    func totalBacklog() throws(ErrorAnswer) -> EventBacklog {
        let found = try session.first(
            """
            SELECT coalesce(sum(pending), 0)::bigint, min(oldest_at),
                   coalesce(sum(dead), 0)::bigint + (SELECT count(*) FROM rejected_messages)
            FROM event_backlogs
            """
        ) { row throws(PostgresError) in
            EventBacklog(pending: try row.decode(0), oldest: try row.decodeIfPresent(1), dead: try row.decode(2))
        }
        return found ?? EventBacklog()
    }

    func beat(_ heartbeat: WorkerHeartbeat) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO event_workers (worker, seen_at, kafka, lag, alarm)
            VALUES (\(heartbeat.worker), \(heartbeat.seen), \(heartbeat.broker.rawValue), \(heartbeat.lag),
                    \(heartbeat.alarm))
            ON CONFLICT (worker) DO UPDATE
            SET seen_at = excluded.seen_at, kafka = excluded.kafka, lag = excluded.lag, alarm = excluded.alarm
            """)
        try session.execute("DELETE FROM event_workers WHERE seen_at < \(heartbeat.seen - .seconds(3600))")
    }

    func heartbeats(since time: Timestamp) throws(ErrorAnswer) -> [WorkerHeartbeat] {
        try session.all(
            """
            SELECT worker, seen_at, kafka, lag, alarm FROM event_workers
            WHERE seen_at >= \(time) ORDER BY seen_at DESC, worker
            """
        ) { row throws(PostgresError) in
            WorkerHeartbeat(
                worker: try row.decode(0), seen: try row.decode(1), broker: try row.decodeChoice(2),
                lag: try row.decodeIfPresent(3), alarm: try row.decodeIfPresent(4))
        }
    }

    func add(_ counts: [EventCount]) throws(ErrorAnswer) {
        // In one order everywhere, so that two workers cannot wait for each other.
        for count in counts.sorted(by: { ($0.type, $0.outcome.rawValue) < ($1.type, $1.outcome.rawValue) }) {
            try session.execute(
                """
                INSERT INTO event_counts AS old (event_type, outcome, total)
                VALUES (\(count.type), \(count.outcome.rawValue), \(count.total))
                ON CONFLICT (event_type, outcome) DO UPDATE SET total = old.total + excluded.total
                """)
        }
    }

    func eventCounts() throws(ErrorAnswer) -> [EventCount] {
        try session.all("SELECT event_type, outcome, total FROM event_counts ORDER BY event_type, outcome") {
            row throws(PostgresError) in
            EventCount(type: try row.decode(0), outcome: try row.decodeChoice(1), total: try row.decode(2))
        }
    }

    func requestReplay(
        _ scope: ReplayRequest.Scope, event: EventID?, at now: Timestamp
    ) throws(ErrorAnswer) -> Int64 {
        let (tenant, rejected): (TenantID?, String?) =
            switch scope {
            case .everywhere: (nil, nil)
            case .main: (Self.mainID, nil)
            case .tenant(let id): (id, nil)
            case .rejected(let place): (nil, place?.description ?? "*")
            }
        return try session.count(
            """
            INSERT INTO replay_requests (tenant_id, event_id, rejected, requested_at)
            VALUES (\(tenant), \(event), \(rejected), \(now))
            RETURNING id
            """)
    }

    func takeReplay() throws(ErrorAnswer) -> ReplayRequest? {
        try session.first(
            """
            SELECT id, tenant_id, event_id, rejected FROM replay_requests WHERE finished_at IS NULL
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
            """
        ) { row throws(PostgresError) in
            let tenant: TenantID? = try row.decodeIfPresent(1)
            let rejected: String? = try row.decodeIfPresent(3)
            let scope: ReplayRequest.Scope =
                switch (tenant, rejected) {
                case (_, let rejected?): .rejected(MessagePlace(rejected))
                case (nil, nil): .everywhere
                case (Self.mainID, nil): .main
                case (let id?, nil): .tenant(id)
                }
            return ReplayRequest(id: try row.decode(0), scope: scope, event: try row.decodeIfPresent(2))
        }
    }

    func finishReplay(_ id: Int64, replayed: Int, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            "UPDATE replay_requests SET finished_at = \(now), replayed = \(replayed) WHERE id = \(id)")
    }

    func replayed(_ id: Int64) throws(ErrorAnswer) -> Int? {
        try session.first("SELECT replayed FROM replay_requests WHERE id = \(id) AND finished_at IS NOT NULL") {
            row throws(PostgresError) in Int(try row.decode(0, as: Int64.self))
        }
    }

    func reject(_ message: RejectedMessage) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO rejected_messages (topic, "partition", "offset", cause, payload, payload_bytes, rejected_at)
            VALUES (\(message.place.topic), \(message.place.partition), \(message.place.offset), \(message.cause),
                    \(message.payload), \(message.payloadBytes), \(message.time))
            ON CONFLICT (topic, "partition", "offset") DO NOTHING
            """)
    }

    func rejected(after: MessagePlace?, limit: Int) throws(ErrorAnswer) -> [RejectedMessage] {
        try session.all(
            """
            SELECT topic, "partition", "offset", cause, ''::bytea, payload_bytes, rejected_at FROM rejected_messages
            WHERE (topic, "partition", "offset") > (\(after?.topic ?? ""), \(after?.partition ?? 0), \(after?.offset ?? 0))
            ORDER BY topic, "partition", "offset" LIMIT \(limit)
            """, RejectedMessage.init(row:))
    }

    func rejected(_ place: MessagePlace) throws(ErrorAnswer) -> RejectedMessage? {
        try session.first(
            """
            SELECT topic, "partition", "offset", cause, payload, payload_bytes, rejected_at FROM rejected_messages
            WHERE topic = \(place.topic) AND "partition" = \(place.partition) AND "offset" = \(place.offset)
            """, RejectedMessage.init(row:))
    }

    func forgetRejected(_ place: MessagePlace) throws(ErrorAnswer) {
        try session.execute(
            """
            DELETE FROM rejected_messages
            WHERE topic = \(place.topic) AND "partition" = \(place.partition) AND "offset" = \(place.offset)
            """)
    }
}

extension RejectedMessage {
    /// Reads topic, partition, offset, cause, payload, payload_bytes, rejected_at.
    fileprivate init(row: Row) throws(PostgresError) {
        self.init(
            place: MessagePlace(
                topic: try row.decode(0), partition: Int32(try row.decode(1, as: Int64.self)),
                offset: try row.decode(2)),
            cause: try row.decode(3), payload: try row.decode(4), payloadBytes: Int(try row.decode(5, as: Int64.self)),
            time: try row.decode(6))
    }
}
