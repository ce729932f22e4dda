import Base
import Contract
import Domain

/// What the main database keeps about delivery.
struct InMemoryEventOperations: EventOperations {
    struct Replay {
        let request: ReplayRequest
        var replayed: Int?
    }

    let backlogs: InMemoryTable<TenantID, EventBacklog>
    let workers: InMemoryTable<String, WorkerHeartbeat>
    let replays: InMemoryTable<Int64, Replay>
    let rejectedMessages: InMemoryTable<MessagePlace, RejectedMessage>
    let counts: InMemoryTable<String, EventCount>
    let transaction: InMemoryTransaction

    func note(_ backlog: EventBacklog, of tenant: TenantID?, at now: Timestamp) throws(ErrorAnswer) {
        let id = tenant ?? TenantID(high: 0, low: 0)
        transaction.put(backlog.isEmpty ? nil : backlog, at: id, in: backlogs)
    }

    func totalBacklog() throws(ErrorAnswer) -> EventBacklog {
        backlogs.rows.values.reduce(into: EventBacklog()) { total, backlog in
            total.pending += backlog.pending
            total.dead += backlog.dead
            total.oldest = [total.oldest, backlog.oldest].compactMap { $0 }.min()
        }
    }

    func beat(_ heartbeat: WorkerHeartbeat) throws(ErrorAnswer) {
        transaction.put(heartbeat, at: heartbeat.worker, in: workers)
    }

    func heartbeats(since time: Timestamp) throws(ErrorAnswer) -> [WorkerHeartbeat] {
        workers.rows.values.filter { $0.seen >= time }.sorted { $0.seen > $1.seen }
    }

    func add(_ counts: [EventCount]) throws(ErrorAnswer) {
        for count in counts {
            let key = "\(count.type) \(count.outcome.rawValue)"
            let total = (self.counts[key]?.total ?? 0) + count.total
            transaction.put(
                EventCount(type: count.type, outcome: count.outcome, total: total), at: key, in: self.counts)
        }
    }

    func eventCounts() throws(ErrorAnswer) -> [EventCount] {
        counts.rows.values.sorted { ($0.type, $0.outcome.rawValue) < ($1.type, $1.outcome.rawValue) }
    }

    func requestReplay(
        _ scope: ReplayRequest.Scope, event: EventID?, at now: Timestamp
    ) throws(ErrorAnswer) -> Int64 {
        let id = Int64(replays.rows.count + 1)
        transaction.put(Replay(request: ReplayRequest(id: id, scope: scope, event: event)), at: id, in: replays)
        return id
    }

    func takeReplay() throws(ErrorAnswer) -> ReplayRequest? {
        replays.rows.values.filter { $0.replayed == nil }.map(\.request).min { $0.id < $1.id }
    }

    func finishReplay(_ id: Int64, replayed: Int, at now: Timestamp) throws(ErrorAnswer) {
        guard var replay = replays[id] else { return }
        replay.replayed = replayed
        transaction.put(replay, at: id, in: replays)
    }

    func replayed(_ id: Int64) throws(ErrorAnswer) -> Int? { replays[id]?.replayed }

    func reject(_ message: RejectedMessage) throws(ErrorAnswer) {
        if rejectedMessages[message.place] == nil { transaction.put(message, at: message.place, in: rejectedMessages) }
    }

    func rejected(after: MessagePlace?, limit: Int) throws(ErrorAnswer) -> [RejectedMessage] {
        func order(_ place: MessagePlace) -> (String, Int32, Int64) { (place.topic, place.partition, place.offset) }
        let all = rejectedMessages.rows.values.sorted { order($0.place) < order($1.place) }
        return Array(all.filter { message in after.map { order(message.place) > order($0) } ?? true }.prefix(limit))
    }

    func rejected(_ place: MessagePlace) throws(ErrorAnswer) -> RejectedMessage? { rejectedMessages[place] }

    func forgetRejected(_ place: MessagePlace) throws(ErrorAnswer) {
        transaction.put(nil, at: place, in: rejectedMessages)
    }
}
