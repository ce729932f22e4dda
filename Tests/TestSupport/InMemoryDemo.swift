import Base
import Contract
import Domain

struct InMemoryDemo: DemoRepository {
    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insert(_ message: DemoMessage, keeping limit: Int) throws(ErrorAnswer) {
        if tables.demo[message.eventID] == nil { transaction.put(message, at: message.eventID, in: tables.demo) }
        for old in try last(.max, of: message.userID).dropFirst(limit) {
            transaction.put(nil, at: old.eventID, in: tables.demo)
        }
    }

    func last(_ limit: Int, of user: UserID) throws(ErrorAnswer) -> [DemoMessage] {
        let own = tables.demo.rows.values.filter { $0.userID == user }
        return Array(own.sorted { ($1.consumedAt, $1.eventID) < ($0.consumedAt, $0.eventID) }.prefix(limit))
    }
}
