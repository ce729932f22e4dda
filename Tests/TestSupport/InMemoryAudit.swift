import Base
import Contract
import Domain

struct InMemoryAudit: AuditRepository {
    let audit: InMemoryTable<AuditEntryID, AuditEntry>
    let transaction: InMemoryTransaction

    func append(_ entry: AuditEntry) throws(ErrorAnswer) {
        guard audit[entry.id] == nil else { return }
        transaction.put(entry, at: entry.id, in: audit)
    }

    func list(_ query: AuditQuery) throws(ErrorAnswer) -> Page<AuditEntry> {
        let matching = audit.rows.values.filter { entry in
            query.actor.map { entry.actorID == $0 } ?? true && query.action.map { entry.action == $0 } ?? true
                && query.from.map { entry.time >= $0 } ?? true && query.to.map { entry.time <= $0 } ?? true
        }
        return Page(of: matching.sorted { ($1.time, $1.id) < ($0.time, $0.id) }, query.page)
    }

    func keep(retentionDays: Int) throws(ErrorAnswer) -> Int { 0 }
}
