import Base
import Contract
import Domain

/// What has been handled in one database.
struct InMemoryInbox: InboxRepository {
    struct Key: Hashable {
        let event: EventID
        let handler: String
    }

    let inbox: InMemoryTable<Key, Timestamp>
    let transaction: InMemoryTransaction

    func claim(_ handlers: [EventID: String], at now: Timestamp) throws(ErrorAnswer) -> Set<EventID> {
        let fresh = handlers.filter { inbox[Key(event: $0.key, handler: $0.value)] == nil }
        for (event, handler) in fresh { transaction.put(now, at: Key(event: event, handler: handler), in: inbox) }
        return Set(fresh.keys)
    }

    func release(_ handlers: [EventID: String]) throws(ErrorAnswer) {
        for (event, handler) in handlers { transaction.put(nil, at: Key(event: event, handler: handler), in: inbox) }
    }

    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int {
        let old = inbox.rows.filter { $0.value < time }.keys
        for key in old { transaction.put(nil, at: key, in: inbox) }
        return old.count
    }
}
