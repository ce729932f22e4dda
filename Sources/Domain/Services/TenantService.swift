package import Base
package import Contract

/// Sign-up, change and deletion of tenants.
///
/// A tenant is made by a saga: the row (`creating`, with a lease), the database, its schema, then `ready`. A crash
/// leaves a row that nobody sees; the same user's next try of the same name takes it over, and the event worker
/// removes what nobody took.
package struct TenantService: Sendable {
    private let data: any UnitOfWork
    private let provisioner: any TenantProvisioner
    private let doorbell: any Doorbell
    private let clock: any WallClock

    /// How long the maker of a tenant may take before others may think it dead.
    private static let creationLease: Duration = .seconds(30)

    package init(
        data: any UnitOfWork, provisioner: any TenantProvisioner, doorbell: any Doorbell, clock: any WallClock
    ) {
        self.data = data
        self.provisioner = provisioner
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Makes a tenant with its own database; the user becomes its admin.
    package func create(
        name: TenantName, by user: UserID, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> Tenant {
        let begun = try begin(name: name, by: user)
        do {
            try provisioner.prepare(begun.database)
            return try activate(begun, by: user, from: origin)
        } catch {
            // Undo at once what can be undone; what cannot is left to the event worker.
            if let finished = try? discard(begun), finished.state == .ready { return finished }
            throw error
        }
    }

    /// Removes what a creation that was given up has left: the database first, then the row.
    ///
    /// The row stays locked meanwhile: nobody can finish the creation between the look and the removal, and nobody can
    /// take it over. A removal that is repeated has no further effect.
    ///
    /// - Returns: the tenant when its creation was finished after all, by another maker or by a commit whose answer was
    ///   lost; nothing is removed then.
    package func discard(_ tenant: Tenant) throws(ErrorAnswer) -> Tenant? {
        try data.inMain(.write) { main throws(ErrorAnswer) in
            if let present = try main.tenants.lock(tenant.id), present.state != .creating { return present }
            try provisioner.remove(tenant.database)
            try main.tenants.removeUnfinished(tenant.id)
            return nil
        }
    }

    /// Removes creations whose makers died; how many.
    ///
    /// - Throws: the first failure, after all have been tried.
    package func discardUnfinished() throws(ErrorAnswer) -> Int {
        let now = clock.now()
        let unfinished = try data.inMain(.write) { main throws(ErrorAnswer) in
            try main.tenants.takeUnfinished(at: now, leaseExpires: now + Self.creationLease, limit: 10)
        }
        var discarded = 0
        var failure: ErrorAnswer?
        for tenant in unfinished {
            do throws(ErrorAnswer) {
                if try discard(tenant) == nil { discarded += 1 }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return discarded
    }

    /// Changes name and state. Suspending and resuming concern the tenant's own suspension only.
    ///
    /// - Throws: `.tenantSuspended` when an operator's suspension would have to be undone.
    package func update(
        _ access: TenantAccess, name: TenantName?, isActive: Bool?
    ) throws(ErrorAnswer) -> Tenant {
        doorbell.ring(access.tenant.id)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            let now = clock.now()
            guard let tenant = try main.tenants.lock(access.tenant.id) else { throw ErrorAnswer(.tenantNotFound) }
            var state = tenant.state
            var suspendedBy = tenant.suspendedBy
            switch (isActive, tenant.state) {
            case (false, .ready):
                state = .suspended
                suspendedBy = .admin
            case (true, .suspended):
                guard tenant.suspendedBy == .admin else { throw ErrorAnswer(.tenantSuspended) }
                state = .ready
                suspendedBy = nil
            case (_, .ready), (_, .suspended): break
            case (_, .creating), (_, .deleting), (_, .purged): throw ErrorAnswer(.tenantNotFound)
            }
            var details: [String: JSONValue] = [:]
            if name != nil { details["renamed"] = .bool(true) }
            if let isActive { details["is_active"] = .bool(isActive) }
            let entry = access.entry(.updateTenant, tenant.id, at: now, details: details)
            try main.events.append(Event(audit: entry, of: tenant.id))
            return try main.tenants.update(
                tenant.id, name: name ?? tenant.name, state: state, suspendedBy: suspendedBy, at: now)
        }
    }

    /// Deletes the tenant for its members; its data is purged later.
    package func delete(_ access: TenantAccess) throws(ErrorAnswer) {
        let now = clock.now()
        doorbell.ring(access.tenant.id)
        try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let tenant = try main.tenants.lock(access.tenant.id),
                tenant.state == .ready || tenant.state == .suspended
            else { throw ErrorAnswer(.tenantNotFound) }
            _ = try main.tenants.update(tenant.id, name: tenant.name, state: .deleting, suspendedBy: nil, at: now)
            try main.events.append(Event(.tenantDeleted, tenant: tenant.id, user: access.userID, at: now))
            try main.audit.append(access.entry(.deleteTenant, tenant.id, at: now))
        }
    }

    private func begin(name: TenantName, by user: UserID) throws(ErrorAnswer) -> Tenant {
        let now = clock.now()
        let lease = now + Self.creationLease
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            if let unfinished = try main.tenants.adoptUnfinished(name: name, by: user, at: now, leaseExpires: lease) {
                return unfinished
            }
            let id = TenantID.ordered(at: now)
            let tenant = Tenant(
                id: id, name: name, database: TenantDatabase(tenantID: id, named: name), state: .creating,
                suspendedBy: nil, createdAt: now, updatedAt: now, createdBy: user)
            try main.tenants.insertCreating(tenant, leaseExpires: lease)
            try main.memberships.insert(tenant: id, user: user, role: .admin, at: now)
            return tenant
        }
    }

    private func activate(
        _ tenant: Tenant, by user: UserID, from origin: RequestOrigin
    ) throws(ErrorAnswer) -> Tenant {
        doorbell.ring(tenant.id)
        return try data.inMain(origin.effectAccess) { main throws(ErrorAnswer) in
            let now = clock.now()
            guard let ready = try main.tenants.markReady(tenant.id, at: now) else {
                throw ErrorAnswer(.serviceUnavailable, cause: "the tenant's creation was taken over")
            }
            try main.events.append(
                Event(
                    .tenantCreated, tenant: ready.id, user: ready.createdBy, at: now,
                    data: ["name": .string(ready.name.text), "database_name": .string(ready.database.name)]))
            try main.audit.append(
                AuditEntry(
                    .createTenant, by: user, from: origin, tenant: ready.id, target: ready.id.description, at: now))
            return ready
        }
    }
}
