import Base
import Contract
import Domain

/// The outbox and the dead letters of one database, for both who write and who read.
struct InMemoryOutbox: OutboxRepository, EventSink {
    struct Entry {
        let event: Event
        /// False for an event of a type that this version has no name for.
        var isKnown = true
        var due: Timestamp
        var attempts = 0
    }

    let outbox: InMemoryTable<EventID, Entry>
    let dead: InMemoryTable<EventID, String>
    let transaction: InMemoryTransaction
    let clock: any WallClock

    func append(_ event: Event) throws(ErrorAnswer) {
        transaction.put(Entry(event: event, due: clock.now()), at: event.id, in: outbox)
    }

    func takeNext(at now: Timestamp) throws(ErrorAnswer) -> OutboxEntry? {
        let due = outbox.rows.values.filter { $0.due <= now }
        guard let next = due.min(by: { $0.event.id < $1.event.id }) else { return nil }
        return OutboxEntry(
            id: next.event.id, event: next.isKnown ? next.event : nil, attempts: next.attempts)
    }

    func markDelivered(_ id: EventID) throws(ErrorAnswer) { transaction.put(nil, at: id, in: outbox) }

    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer) {
        guard var entry = outbox[id] else { return }
        entry.attempts += 1
        entry.due = retry
        transaction.put(entry, at: id, in: outbox)
    }

    func bury(_ id: EventID, cause: String, at now: Timestamp) throws(ErrorAnswer) {
        guard outbox[id] != nil else { return }
        transaction.put(nil, at: id, in: outbox)
        transaction.put(cause, at: id, in: dead)
    }
}
