import Base
import Contract
import Domain
import Postgres

/// The tables `tenant_purges` and `tenant_deletions`.
struct PostgresTenantPurgeRepository: TenantPurgeRepository {
    let session: DatabaseSession

    func schedule(_ purge: TenantPurge) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO tenant_purges (tenant_id, requested_at, requested_by, suspended_by)
            VALUES (\(purge.tenantID), \(purge.requestedAt), \(purge.requestedBy), \(purge.suspendedBy?.rawValue))
            ON CONFLICT (tenant_id) DO NOTHING
            """)
    }

    func lock(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge? {
        try session.first(
            """
            SELECT p.tenant_id, t.database_name, p.requested_at, p.requested_by, p.suspended_by, p.is_hastened, p.step
            FROM tenant_purges p JOIN tenants t ON t.id = p.tenant_id
            WHERE p.tenant_id = \(tenant) FOR UPDATE OF p
            """, TenantPurge.init(row:))
    }

    func find(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge? {
        try session.first(
            """
            SELECT p.tenant_id, t.database_name, p.requested_at, p.requested_by, p.suspended_by, p.is_hastened, p.step
            FROM tenant_purges p JOIN tenants t ON t.id = p.tenant_id
            WHERE p.tenant_id = \(tenant)
            """, TenantPurge.init(row:))
    }

    func remove(_ tenant: TenantID) throws(ErrorAnswer) {
        try session.execute("DELETE FROM tenant_purges WHERE tenant_id = \(tenant)")
    }

    func takeDue(
        requestedBefore: Timestamp, at now: Timestamp, leaseExpires: Timestamp, limit: Int
    ) throws(ErrorAnswer) -> [TenantPurge] {
        try session.all(
            """
            UPDATE tenant_purges p SET lease_expires_at = \(leaseExpires)
            FROM tenants t
            WHERE t.id = p.tenant_id
              AND p.tenant_id IN (
                  SELECT tenant_id FROM tenant_purges
                  WHERE (step <> 'waiting' OR is_hastened OR requested_at < \(requestedBefore))
                    AND (lease_expires_at IS NULL OR lease_expires_at < \(now))
                  ORDER BY requested_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING p.tenant_id, t.database_name, p.requested_at, p.requested_by, p.suspended_by, p.is_hastened,
                      p.step
            """, TenantPurge.init(row:))
    }

    func take(_ tenant: TenantID, at now: Timestamp, leaseExpires: Timestamp) throws(ErrorAnswer) -> TenantPurge? {
        try session.first(
            """
            UPDATE tenant_purges p SET is_hastened = true, lease_expires_at = \(leaseExpires)
            FROM tenants t
            WHERE t.id = p.tenant_id AND p.tenant_id = \(tenant)
              AND (p.lease_expires_at IS NULL OR p.lease_expires_at < \(now))
            RETURNING p.tenant_id, t.database_name, p.requested_at, p.requested_by, p.suspended_by, p.is_hastened,
                      p.step
            """, TenantPurge.init(row:))
    }

    func advance(
        _ tenant: TenantID, from: PurgeStep, to: PurgeStep, leaseExpires: Timestamp
    ) throws(ErrorAnswer) -> Bool {
        try session.execute(
            """
            UPDATE tenant_purges SET step = \(to.rawValue), lease_expires_at = \(leaseExpires)
            WHERE tenant_id = \(tenant) AND step = \(from.rawValue)
            """) == 1
    }

    func eraseRows(of tenant: TenantID) throws(ErrorAnswer) -> [String: Int64] {
        var erased: [String: Int64] = [:]
        // Whatever tables a release has: a column of this name says whose a row is. What stays: the trail, which holds
        // ids alone, the purge itself and its record.
        let tables = try session.all(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND a.attname = 'tenant_id' AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped
              AND c.relname NOT IN ('audit_entries', 'tenant_purges', 'tenant_deletions', 'outbox', 'tenant_restores')
            ORDER BY c.relname
            """
        ) { row throws(PostgresError) in try row.decode(0, as: String.self) }
        for name in tables {
            guard let table = SQLIdentifier(name) else {
                throw ErrorAnswer(.internalError, cause: "a table's name cannot be written: \(name)")
            }
            erased[name] = Int64(
                try session.execute("DELETE FROM \(identifier: table) WHERE tenant_id = \(tenant)"))
        }
        // That a tenant was deleted may still have to be told; the event holds ids alone.
        erased["outbox"] = Int64(
            try session.execute(
                """
                DELETE FROM outbox
                WHERE tenant_id = \(tenant) AND NOT (event_type = 'tenant.deleted' AND data = '{}'::jsonb)
                """))
        // Messages of the broker that were not understood may still be this tenant's: they name it.
        erased["rejected_messages"] = Int64(
            try session.execute(
                """
                DELETE FROM rejected_messages
                WHERE position(convert_to(\(tenant.description), 'UTF8') IN payload) > 0
                """))
        return erased
    }

    func bury(_ tenant: TenantID, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE tenants
            SET state = 'purged', suspended_by = NULL, name = 'purged', updated_at = \(now),
                database_name = 'purged_' || replace(id::text, '-', '_')
            WHERE id = \(tenant)
            """)
    }

    func insert(_ deletion: TenantDeletion, of database: TenantDatabase) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO tenant_deletions (tenant_id, database_sha256, requested_at, requested_by, begun_at,
                                          carried_out_by, table_rows, database_bytes)
            VALUES (\(deletion.tenantID), encode(sha256(convert_to(\(database.name), 'UTF8')), 'hex'),
                    \(deletion.requestedAt), \(deletion.requestedBy), \(deletion.begunAt), \(deletion.carriedOutBy),
                    \(deletion.census.map { Self.json($0.tableRows) })::jsonb, \(deletion.census?.databaseBytes))
            ON CONFLICT (tenant_id) DO NOTHING
            """)
    }

    func update(_ deletion: TenantDeletion) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE tenant_deletions
            SET objects = \(deletion.manifest?.objects), object_bytes = \(deletion.manifest?.bytes),
                manifest_sha256 = \(deletion.manifest?.sha256), main_rows = \(deletion.mainRows.map(Self.json))::jsonb,
                finished_at = \(deletion.finishedAt), stragglers = \(deletion.stragglers),
                settled_at = \(deletion.settledAt)
            WHERE tenant_id = \(deletion.tenantID)
            """)
    }

    func findDeletion(_ tenant: TenantID) throws(ErrorAnswer) -> TenantDeletion? {
        try session.first(
            """
            SELECT tenant_id, requested_at, requested_by, begun_at, carried_out_by, table_rows::text, database_bytes,
                   objects, object_bytes, manifest_sha256, main_rows::text, finished_at, stragglers, settled_at
            FROM tenant_deletions WHERE tenant_id = \(tenant)
            """, TenantDeletion.init(row:))
    }

    private static func json(_ rows: [String: Int64]) -> String {
        String(decoding: JSONValue.object(rows.mapValues { .integer($0) }).jsonBytes, as: UTF8.self)
    }
}

extension TenantPurge {
    /// Reads tenant_id, database_name, requested_at, requested_by, suspended_by, is_hastened, step.
    fileprivate init(row: Row) throws(PostgresError) {
        let suspendedBy: String? = try row.decodeIfPresent(4)
        self.init(
            database: TenantDatabase(tenantID: try row.decode(0), name: try row.decode(1)),
            requestedAt: try row.decode(2), requestedBy: try row.decodeIfPresent(3),
            suspendedBy: suspendedBy.flatMap(Suspender.init(rawValue:)), isHastened: try row.decode(5),
            step: try row.decodeChoice(6))
    }
}

extension TenantDeletion {
    /// Reads the columns of `findDeletion`.
    fileprivate init(row: Row) throws(PostgresError) {
        var census: TenantCensus?
        if let rows: String = try row.decodeIfPresent(5), let bytes: Int64 = try row.decodeIfPresent(6) {
            census = TenantCensus(tableRows: Self.counts(rows), databaseBytes: bytes)
        }
        self.init(
            tenantID: try row.decode(0), requestedAt: try row.decode(1), requestedBy: try row.decodeIfPresent(2),
            begunAt: try row.decode(3), carriedOutBy: try row.decode(4), census: census)
        if let objects: Int64 = try row.decodeIfPresent(7) {
            manifest = ObjectManifest(objects: objects, bytes: try row.decode(8), sha256: try row.decode(9))
        }
        let mainRows: String? = try row.decodeIfPresent(10)
        self.mainRows = mainRows.map(Self.counts)
        finishedAt = try row.decodeIfPresent(11)
        stragglers = try row.decode(12)
        settledAt = try row.decodeIfPresent(13)
    }

    private static func counts(_ json: String) -> [String: Int64] {
        ((try? JSONValue(parsing: Array(json.utf8)))?.object ?? [:]).compactMapValues { value in
            if case .integer(let count) = value { count } else { nil }
        }
    }
}
