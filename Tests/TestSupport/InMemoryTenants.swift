import Base
import Contract
import Domain

struct InMemoryTenants: TenantRepository {
    struct Row {
        var tenant: Tenant
        var lease: Timestamp?
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insertCreating(_ tenant: Tenant, leaseExpires: Timestamp) throws(ErrorAnswer) {
        guard tables.tenants[tenant.id] == nil, tables.users[tenant.createdBy] != nil,
            !tables.tenants.rows.values.contains(where: { $0.tenant.database.name == tenant.database.name })
        else { throw ErrorAnswer(.conflict) }
        transaction.put(Row(tenant: tenant, lease: leaseExpires), at: tenant.id, in: tables.tenants)
    }

    func insertReady(_ tenant: Tenant) throws(ErrorAnswer) -> Bool {
        guard let spare = tables.spares.rows.keys.min() else { return false }
        guard tables.users[tenant.createdBy] != nil else { throw ErrorAnswer(.conflict) }
        transaction.put(nil, at: spare, in: tables.spares)
        tables.databases?.createDatabase(tenant.database.name)
        transaction.whenUndone { [databases = tables.databases] in databases?.dropDatabase(tenant.database.name) }
        transaction.put(Row(tenant: tenant, lease: nil), at: tenant.id, in: tables.tenants)
        return true
    }

    func takeUnfinished(at now: Timestamp, leaseExpires: Timestamp, limit: Int) throws(ErrorAnswer) -> [Tenant] {
        unfinished(at: now).prefix(limit).map { take($0, at: now, leaseExpires) }
    }

    func markReady(_ id: TenantID, at now: Timestamp) throws(ErrorAnswer) -> Tenant? {
        guard let tenant = tables.tenants[id]?.tenant, tenant.state == .creating else { return nil }
        return store(tenant.with(state: .ready, at: now), lease: nil)
    }

    func removeUnfinished(_ id: TenantID) throws(ErrorAnswer) {
        guard tables.tenants[id]?.tenant.state == .creating else { return }
        for key in tables.memberships.rows.keys where key.tenant == id {
            transaction.put(nil, at: key, in: tables.memberships)
        }
        transaction.put(nil, at: id, in: tables.tenants)
    }

    func lock(_ id: TenantID) throws(ErrorAnswer) -> Tenant? { tables.tenants[id]?.tenant }
    func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant? { tables.tenants[id]?.tenant }

    func update(
        _ id: TenantID, name: TenantName, state: TenantState, suspendedBy: Suspender?, at now: Timestamp
    ) throws(ErrorAnswer) -> Tenant {
        guard let tenant = tables.tenants[id]?.tenant else { throw ErrorAnswer(.tenantNotFound) }
        guard tenant.state != .creating, (state == .suspended) == (suspendedBy != nil) else {
            throw ErrorAnswer(.internalError, cause: "a constraint of the table tenants")
        }
        return store(tenant.with(name: name, state: state, suspendedBy: suspendedBy, at: now), lease: nil)
    }

    func list(states: [TenantState], after: TenantID?, limit: Int) throws(ErrorAnswer) -> [Tenant] {
        let wanted = tables.tenants.rows.values.map(\.tenant).filter { tenant in
            states.contains(tenant.state) && after.map { tenant.id > $0 } ?? true
        }
        return Array(wanted.sorted { $0.id < $1.id }.prefix(limit))
    }

    private func unfinished(at now: Timestamp) -> [Tenant] {
        tables.tenants.rows.values.filter { $0.lease.map { $0 < now } ?? false }.map(\.tenant).sorted { $0.id < $1.id }
    }

    private func take(_ tenant: Tenant, at now: Timestamp, _ leaseExpires: Timestamp) -> Tenant {
        store(tenant.with(state: .creating, at: now), lease: leaseExpires)
    }

    private func store(_ tenant: Tenant, lease: Timestamp?) -> Tenant {
        transaction.put(Row(tenant: tenant, lease: lease), at: tenant.id, in: tables.tenants)
        return tenant
    }
}

extension Tenant {
    fileprivate func with(
        name: TenantName? = nil, state: TenantState, suspendedBy: Suspender? = nil, at now: Timestamp
    ) -> Tenant {
        Tenant(
            id: id, name: name ?? self.name, database: database, state: state, suspendedBy: suspendedBy,
            createdAt: createdAt, updatedAt: now, createdBy: createdBy)
    }
}
