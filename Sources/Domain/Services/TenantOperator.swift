package import Base
package import Contract

/// What the operator does to tenants: stronger than what their admins do, and undone by the operator alone.
package struct TenantOperator: Sendable {
    private let data: any UnitOfWork
    private let doorbell: any Doorbell
    private let clock: any WallClock

    package init(data: any UnitOfWork, doorbell: any Doorbell, clock: any WallClock) {
        self.data = data
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Suspends; an admin's own suspension becomes the operator's. Done already when it is.
    ///
    /// - Throws: `.tenantNotFound`, as do the others for one that is purged; `.conflict` for a
    ///   state in which this cannot be.
    package func suspend(_ id: TenantID) throws(ErrorAnswer) -> Tenant {
        try change(id, .suspendTenant) { tenant, main, now throws(ErrorAnswer) in
            guard tenant.state != .deleting else { throw Self.deleted }
            return try main.tenants.update(
                id, name: tenant.name, state: .suspended, suspendedBy: .operator, at: now)
        }
    }

    /// Ends a suspension, whoever's it was.
    package func resume(_ id: TenantID) throws(ErrorAnswer) -> Tenant {
        try change(id, .resumeTenant) { tenant, main, now throws(ErrorAnswer) in
            guard tenant.state != .deleting else { throw Self.deleted }
            return try main.tenants.update(id, name: tenant.name, state: .ready, suspendedBy: nil, at: now)
        }
    }

    /// Deletes the tenant for its members, as its admin could; the purge follows after the grace time.
    package func delete(_ id: TenantID) throws(ErrorAnswer) -> Tenant {
        try change(id, .deleteTenant) { tenant, main, now throws(ErrorAnswer) in
            guard tenant.state != .deleting else { return tenant }
            let deleted = try main.tenants.update(
                id, name: tenant.name, state: .deleting, suspendedBy: nil, at: now)
            try main.purges.schedule(
                TenantPurge(
                    database: tenant.database, requestedAt: now, requestedBy: nil, suspendedBy: tenant.suspendedBy))
            try main.events.append(Event(.tenantDeleted, tenant: id, user: nil, at: now))
            return deleted
        }
    }

    /// Takes a deletion back while its grace time runs: the tenant is what it was before, suspended or not.
    package func undelete(_ id: TenantID) throws(ErrorAnswer) -> Tenant {
        try change(id, .undeleteTenant) { tenant, main, now throws(ErrorAnswer) in
            guard tenant.state == .deleting else {
                throw ErrorAnswer(.conflict, message: "The tenant is not deleted.")
            }
            let purge = try main.purges.lock(id)
            guard purge?.step ?? .waiting == .waiting else {
                throw ErrorAnswer(.conflict, message: "The purge has begun; there is no way back.")
            }
            try main.purges.remove(id)
            return try main.tenants.update(
                id, name: tenant.name, state: purge?.suspendedBy == nil ? .ready : .suspended,
                suspendedBy: purge?.suspendedBy, at: now)
        }
    }

    private static let deleted = ErrorAnswer(
        .conflict, message: "The tenant is deleted; take that back first (saasctl tenants undelete).")

    /// Runs the closure on the tenant, its row locked, and tells the audit trails when something has changed.
    private func change(
        _ id: TenantID, _ action: AuditAction,
        _ body: (Tenant, MainRepositories, Timestamp) throws(ErrorAnswer) -> Tenant
    ) throws(ErrorAnswer) -> Tenant {
        doorbell.ring(.main)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let tenant = try main.tenants.lock(id), tenant.state != .purged else {
                throw ErrorAnswer(.tenantNotFound)
            }
            let now = clock.now()
            let changed = try body(tenant, main, now)
            guard changed.state != tenant.state || changed.suspendedBy != tenant.suspendedBy else { return changed }
            let entry = AuditEntry(
                action, by: nil, from: .none, tenant: id, target: id.description, at: now,
                details: ["by": .string(Suspender.operator.rawValue)])
            try main.audit.append(entry)
            // A deleted tenant's own trail goes with it.
            if changed.state != .deleting { try main.events.append(Event(audit: entry, of: id)) }
            return changed
        }
    }
}
