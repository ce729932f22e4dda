import Base
import Contract
import Domain

/// The outbox and the dead letters of one database, for both who write and who read.
struct InMemoryOutbox: OutboxRepository, DeadLetterRepository, EventSink {
    struct Entry {
        let event: Event
        /// False for an event of a type that this version has no name for.
        var isKnown = true
        var due: Timestamp
        var attempts = 0
        var cause: String?
        var firstFailure: Timestamp?
        /// The order of writing.
        let number = Entry.counter.update { count in
            count += 1
            return count
        }

        private static let counter = Condition<Int>(0)
    }

    let outbox: InMemoryTable<EventID, Entry>
    let dead: InMemoryTable<EventID, Entry>
    let transaction: InMemoryTransaction
    let clock: any WallClock

    func append(_ event: Event) throws(ErrorAnswer) {
        transaction.put(Entry(event: event, due: clock.now()), at: event.id, in: outbox)
    }

    func take(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry] {
        var blocked: Set<String> = []
        var taken: [OutboxEntry] = []
        for entry in ordered where taken.count < limit {
            if blocked.insert(Self.aggregate(entry)).inserted, entry.due <= now { taken.append(self.entry(entry)) }
        }
        return taken
    }

    func nextDue() throws(ErrorAnswer) -> Timestamp? { ordered.map(\.due).min() }

    func takeBatch(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry]? {
        var blocked: Set<String> = []
        var batch: [OutboxEntry] = []
        for entry in ordered where batch.count < limit {
            if entry.due <= now, !blocked.contains(Self.aggregate(entry)) {
                batch.append(self.entry(entry))
            } else if entry.due > now {
                blocked.insert(Self.aggregate(entry))
            }
        }
        return batch
    }

    func lock(_ id: EventID) throws(ErrorAnswer) -> Int? { outbox[id]?.attempts }

    func markDelivered(_ ids: [EventID]) throws(ErrorAnswer) {
        for id in ids { transaction.put(nil, at: id, in: outbox) }
    }

    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer) {
        guard var entry = outbox[id] else { return }
        entry.attempts += 1
        entry.due = retry
        entry.cause = cause
        transaction.put(entry, at: id, in: outbox)
    }

    func putBack(_ event: Event, after failures: EventFailures, retry: Timestamp) throws(ErrorAnswer) {
        transaction.put(
            Entry(
                event: event, due: retry, attempts: failures.attempts, cause: failures.cause,
                firstFailure: failures.first), at: event.id, in: outbox)
    }

    func bury(_ id: EventID, cause: String, at now: Timestamp) throws(ErrorAnswer) {
        guard var entry = outbox[id] else { return }
        entry.attempts += 1
        entry.cause = cause
        entry.due = now
        transaction.put(nil, at: id, in: outbox)
        transaction.put(entry, at: id, in: dead)
    }

    func list(limit: Int) throws(ErrorAnswer) -> [OutboxEntry] { ordered.prefix(limit).map(entry) }

    func backlog() throws(ErrorAnswer) -> EventBacklog {
        EventBacklog(
            pending: Int64(outbox.rows.count), oldest: ordered.first?.event.time, dead: Int64(dead.rows.count))
    }

    // MARK: - Dead letters

    func list(limit: Int) throws(ErrorAnswer) -> [DeadLetter] {
        dead.rows.values.prefix(limit).map { entry in
            DeadLetter(
                id: entry.event.id, type: entry.event.type.rawValue, tenantID: entry.event.tenantID,
                time: entry.event.time, attempts: entry.attempts, cause: entry.cause ?? "", firstFailure: entry.due,
                death: entry.due)
        }
    }

    func add(
        _ event: Event, cause: String, attempts: Int, firstFailure: Timestamp, at now: Timestamp
    ) throws(ErrorAnswer) {
        transaction.put(Entry(event: event, due: now, attempts: attempts, cause: cause), at: event.id, in: dead)
    }

    func revive(_ id: EventID?) throws(ErrorAnswer) -> Int {
        let revived = dead.rows.values.filter { id == nil || $0.event.id == id }
        for entry in revived {
            transaction.put(nil, at: entry.event.id, in: dead)
            try append(entry.event)
        }
        return revived.count
    }

    private static func aggregate(_ entry: Entry) -> String {
        entry.event.data["document_id"]?.string ?? entry.event.id.description
    }

    private var ordered: [Entry] { outbox.rows.values.sorted { $0.number < $1.number } }

    private func entry(_ entry: Entry) -> OutboxEntry {
        OutboxEntry(
            id: entry.event.id, type: entry.event.type.rawValue, event: entry.isKnown ? entry.event : nil,
            attempts: entry.attempts, lastError: entry.cause, firstFailure: entry.firstFailure)
    }
}
