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

    func claim(_ event: EventID, handler: String, at now: Timestamp) throws(ErrorAnswer) -> Bool {
        let key = Key(event: event, handler: handler)
        guard inbox[key] == nil else { return false }
        transaction.put(now, at: key, in: inbox)
        return true
    }

    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int {
        let old = inbox.rows.filter { $0.value < time }.keys
        for key in old { transaction.put(nil, at: key, in: inbox) }
        return old.count
    }
}
