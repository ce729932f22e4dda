import Base
import Contract
import Domain

struct InMemoryTenantPurges: TenantPurgeRepository {
    struct Row {
        var purge: TenantPurge
        var lease: Timestamp?
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func schedule(_ purge: TenantPurge) throws(ErrorAnswer) {
        guard tables.purges[purge.tenantID] == nil else { return }
        transaction.put(Row(purge: purge), at: purge.tenantID, in: tables.purges)
    }

    func lock(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge? { tables.purges[tenant]?.purge }
    func find(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge? { tables.purges[tenant]?.purge }
    func remove(_ tenant: TenantID) throws(ErrorAnswer) { transaction.put(nil, at: tenant, in: tables.purges) }

    func takeDue(
        requestedBefore: Timestamp, at now: Timestamp, leaseExpires: Timestamp, limit: Int
    ) throws(ErrorAnswer) -> [TenantPurge] {
        let due = tables.purges.rows.values.filter { row in
            (row.purge.step != .waiting || row.purge.isHastened || row.purge.requestedAt < requestedBefore)
                && row.isFree(at: now)
        }
        return due.sorted { $0.purge.requestedAt < $1.purge.requestedAt }.prefix(limit).map {
            lease($0, until: leaseExpires)
        }
    }

    func take(_ tenant: TenantID, at now: Timestamp, leaseExpires: Timestamp) throws(ErrorAnswer) -> TenantPurge? {
        guard var row = tables.purges[tenant], row.isFree(at: now) else { return nil }
        row.purge.isHastened = true
        return lease(row, until: leaseExpires)
    }

    func advance(
        _ tenant: TenantID, from: PurgeStep, to: PurgeStep, leaseExpires: Timestamp
    ) throws(ErrorAnswer) -> Bool {
        guard var row = tables.purges[tenant], row.purge.step == from else { return false }
        row.purge.step = to
        _ = lease(row, until: leaseExpires)
        return true
    }

    func eraseRows(of tenant: TenantID) throws(ErrorAnswer) -> [String: Int64] {
        let memberships = tables.memberships.rows.keys.filter { $0.tenant == tenant }
        for key in memberships { transaction.put(nil, at: key, in: tables.memberships) }
        let events = tables.outbox.rows.filter {
            $0.value.event.tenantID == tenant && $0.value.event.type != .tenantDeleted
        }
        for id in events.keys { transaction.put(nil, at: id, in: tables.outbox) }
        transaction.put(nil, at: tenant, in: tables.backlogs)
        return ["user_tenant_associations": Int64(memberships.count), "outbox": Int64(events.count)]
    }

    func bury(_ tenant: TenantID, at now: Timestamp) throws(ErrorAnswer) {
        guard let found = tables.tenants[tenant]?.tenant else { return }
        let tombstone = Tenant(
            id: tenant, name: TenantName(stored: "purged"),
            database: TenantDatabase(tenantID: tenant, name: "purged_\(tenant)"), state: .purged, suspendedBy: nil,
            createdAt: found.createdAt, updatedAt: now, createdBy: found.createdBy)
        transaction.put(InMemoryTenants.Row(tenant: tombstone), at: tenant, in: tables.tenants)
    }

    func insert(_ deletion: TenantDeletion, of database: TenantDatabase) throws(ErrorAnswer) {
        guard tables.deletions[deletion.tenantID] == nil else { return }
        transaction.put(deletion, at: deletion.tenantID, in: tables.deletions)
    }

    func update(_ deletion: TenantDeletion) throws(ErrorAnswer) {
        transaction.put(deletion, at: deletion.tenantID, in: tables.deletions)
    }

    func findDeletion(_ tenant: TenantID) throws(ErrorAnswer) -> TenantDeletion? { tables.deletions[tenant] }

    private func lease(_ row: Row, until time: Timestamp) -> TenantPurge {
        var row = row
        row.lease = time
        transaction.put(row, at: row.purge.tenantID, in: tables.purges)
        return row.purge
    }
}

extension InMemoryTenantPurges.Row {
    fileprivate func isFree(at now: Timestamp) -> Bool { lease.map { $0 < now } ?? true }
}
