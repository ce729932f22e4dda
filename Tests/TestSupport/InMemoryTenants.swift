import Base
import Contract
import Domain

struct InMemoryTenants: TenantRepository {
    struct Row {
        var tenant: Tenant
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insertReady(_ tenant: Tenant) throws(ErrorAnswer) -> Bool {
        guard let spare = tables.spares.rows.keys.min() else { return false }
        guard tables.users[tenant.createdBy] != nil else { throw ErrorAnswer(.conflict) }
        transaction.put(nil, at: spare, in: tables.spares)
        tables.databases?.createDatabase(tenant.database.name)
        transaction.whenUndone { [databases = tables.databases] in databases?.dropDatabase(tenant.database.name) }
        transaction.put(Row(tenant: tenant), at: tenant.id, in: tables.tenants)
        return true
    }

    func lock(_ id: TenantID) throws(ErrorAnswer) -> Tenant? { tables.tenants[id]?.tenant }
    func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant? { tables.tenants[id]?.tenant }

    func update(
        _ id: TenantID, name: TenantName, state: TenantState, suspendedBy: Suspender?, at now: Timestamp
    ) throws(ErrorAnswer) -> Tenant {
        guard let tenant = tables.tenants[id]?.tenant else { throw ErrorAnswer(.tenantNotFound) }
        guard (state == .suspended) == (suspendedBy != nil) else {
            throw ErrorAnswer(.internalError, cause: "a constraint of the table tenants")
        }
        return store(tenant.with(name: name, state: state, suspendedBy: suspendedBy, at: now))
    }

    func list(states: [TenantState], after: TenantID?, limit: Int) throws(ErrorAnswer) -> [Tenant] {
        let wanted = tables.tenants.rows.values.map(\.tenant).filter { tenant in
            states.contains(tenant.state) && after.map { tenant.id > $0 } ?? true
        }
        return Array(wanted.sorted { $0.id < $1.id }.prefix(limit))
    }

    private func store(_ tenant: Tenant) -> Tenant {
        transaction.put(Row(tenant: tenant), at: tenant.id, in: tables.tenants)
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
