import Base
import Contract
import Domain
import Postgres

/// The table `tenants`.
struct PostgresTenantRepository: TenantRepository {
    let session: DatabaseSession

    func insertReady(_ tenant: Tenant) throws(ErrorAnswer) -> Bool {
        let version = try session.first(
            "SELECT claim_spare_database(\(tenant.database.name), \(TenantSchema.current.version))"
        ) { row throws(PostgresError) in try row.decodeIfPresent(0, as: Int32.self) }
        guard let version = version ?? nil else { return false }
        try insert(tenant, schemaVersion: version)
        return true
    }

    /// Stores a tenant in state `ready` whose database is there already, with this schema.
    func insert(_ tenant: Tenant, schemaVersion: Int32) throws(ErrorAnswer) {
        try session.execute(
            """
            WITH stored AS (
                INSERT INTO tenants (id, name, database_name, state, created_by, created_at, updated_at)
                VALUES (\(tenant.id), \(tenant.name.text), \(tenant.database.name), 'ready', \(tenant.createdBy),
                        \(tenant.createdAt), \(tenant.updatedAt))
                RETURNING id, created_at
            )
            INSERT INTO tenant_schemas (tenant_id, version, status, changed_at)
            SELECT id, \(schemaVersion), 'migrated', created_at FROM stored
            """)
    }

    func lock(_ id: TenantID) throws(ErrorAnswer) -> Tenant? {
        try session.first(
            """
            SELECT id, name, database_name, state, suspended_by, created_at, updated_at, created_by
            FROM tenants WHERE id = \(id) FOR UPDATE
            """, Tenant.init(row:))
    }

    func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant? {
        try session.first(
            """
            SELECT id, name, database_name, state, suspended_by, created_at, updated_at, created_by
            FROM tenants WHERE id = \(id)
            """, Tenant.init(row:))
    }

    func update(
        _ id: TenantID, name: TenantName, state: TenantState, suspendedBy: Suspender?, at now: Timestamp
    ) throws(ErrorAnswer) -> Tenant {
        let updated = try session.first(
            """
            UPDATE tenants SET name = \(name.text), state = \(state.rawValue),
                               suspended_by = \(suspendedBy?.rawValue), updated_at = \(now)
            WHERE id = \(id)
            RETURNING id, name, database_name, state, suspended_by, created_at, updated_at, created_by
            """, Tenant.init(row:))
        guard let updated else { throw ErrorAnswer(.tenantNotFound) }
        return updated
    }

    func list(states: [TenantState], after: TenantID?, limit: Int) throws(ErrorAnswer) -> [Tenant] {
        try session.all(
            """
            SELECT id, name, database_name, state, suspended_by, created_at, updated_at, created_by
            FROM tenants
            WHERE state = ANY(\(states.map(\.rawValue))::text[]) AND (\(after)::uuid IS NULL OR id > \(after)::uuid)
            ORDER BY id LIMIT \(limit)
            """, Tenant.init(row:))
    }
}

extension Tenant {
    /// Reads id, name, database_name, state, suspended_by, created_at, updated_at, created_by.
    init(row: Row) throws(PostgresError) { try self.init(row: row, from: 0) }

    init(row: Row, from first: Int) throws(PostgresError) {
        let id: TenantID = try row.decode(first)
        let suspendedBy: String? = try row.decodeIfPresent(first + 4)
        self.init(
            id: id, name: TenantName(stored: try row.decode(first + 1)),
            database: TenantDatabase(tenantID: id, name: try row.decode(first + 2)),
            state: try row.decodeChoice(first + 3), suspendedBy: suspendedBy.flatMap(Suspender.init(rawValue:)),
            createdAt: try row.decode(first + 5), updatedAt: try row.decode(first + 6),
            createdBy: try row.decode(first + 7))
    }
}
