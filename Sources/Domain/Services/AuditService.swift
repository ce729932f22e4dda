package import Contract

/// Audit trails: read by a tenant's admins, kept for a time.
package struct AuditService: Sendable {
    private let data: any UnitOfWork

    package init(data: any UnitOfWork) { self.data = data }

    /// The tenant's trail, newest first.
    package func list(_ query: AuditQuery, in access: TenantAccess) throws(ErrorAnswer) -> Page<AuditEntry> {
        try data.inTenant(access.tenant.database, .read) { tenant throws(ErrorAnswer) in try tenant.audit.list(query) }
    }

    /// Appends an entry that was made with a change in the main database. Repeated, it has no further effect.
    package func append(_ entry: AuditEntry, to tenant: TenantDatabase) throws(ErrorAnswer) {
        try data.inTenant(tenant, .write) { tenant throws(ErrorAnswer) in try tenant.audit.append(entry) }
    }

    /// Looks after the months of one trail (the main one without a tenant).
    ///
    /// - Returns: how many months were forgotten.
    package func keep(retentionDays: Int, in tenant: TenantDatabase?) throws(ErrorAnswer) -> Int {
        guard let tenant else {
            return try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.audit.keep(retentionDays: retentionDays)
            }
        }
        return try data.inTenant(tenant, .write) { tenant throws(ErrorAnswer) in
            try tenant.audit.keep(retentionDays: retentionDays)
        }
    }
}
