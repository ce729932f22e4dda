package import Base
package import Contract

/// Sign-up, change and deletion of tenants.
///
/// A tenant is made in one transaction of the main database, which renames one of the databases that wait, so that it is
/// there as a whole or not at all. A tenant in state `creating` is one whose database is still being filled, under a
/// lease; when its maker dies, the event worker removes it.
package struct TenantService: Sendable {
    private let data: any UnitOfWork
    private let provisioner: any TenantProvisioner
    private let doorbell: any Doorbell
    private let clock: any WallClock

    /// How long the maker of a tenant may take before others may think it dead.
    private static let creationLease: Duration = .seconds(30)
    /// Others may take the database that was made for this tenant; each of them got one, so it ends.
    private static let attempts = 100

    package init(
        data: any UnitOfWork, provisioner: any TenantProvisioner, doorbell: any Doorbell, clock: any WallClock
    ) {
        self.data = data
        self.provisioner = provisioner
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Makes a tenant with its own database; the user becomes its admin. Takes milliseconds when a database waits, and as
    /// long as making one when none does.
    package func create(
        name: TenantName, by user: UserID, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> Tenant {
        let now = clock.now()
        let id = TenantID.ordered(at: now)
        let tenant = Tenant(
            id: id, name: name, database: TenantDatabase(tenantID: id, named: name), state: .ready, suspendedBy: nil,
            createdAt: now, updatedAt: now, createdBy: user)
        for attempt in 0..<Self.attempts {
            do throws(ErrorAnswer) {
                if try store(tenant, from: origin) { return tenant }
            } catch {
                // The answer to the commit may have been lost, and the tenant be there.
                let stored = try? data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
                if let stored { return stored }
                throw error
            }
            try provisioner.makeSpare()
            // What is there may be in another's hands until that one's transaction has ended.
            if attempt > 0 { Pause.sleep(.milliseconds(50)) }
        }
        throw ErrorAnswer(.serviceUnavailable, cause: "others took every database that was made")
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
    /// - Throws: `.tenantSuspended` while the operator's suspension lasts.
    package func update(
        _ access: TenantAccess, name: TenantName?, isActive: Bool?
    ) throws(ErrorAnswer) -> Tenant {
        doorbell.ring(access.tenant.id)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            let now = clock.now()
            guard let tenant = try main.tenants.lock(access.tenant.id) else { throw ErrorAnswer(.tenantNotFound) }
            guard tenant.suspendedBy != .operator else { throw ErrorAnswer(.tenantSuspended) }
            var state = tenant.state
            var suspendedBy = tenant.suspendedBy
            switch (isActive, tenant.state) {
            case (false, .ready):
                state = .suspended
                suspendedBy = .admin
            case (true, .suspended):
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

    /// Deletes the tenant for its members; its data is purged when the grace time is over.
    ///
    /// - Throws: `.tenantSuspended` while the operator's suspension lasts: its members must not remove what the operator
    ///   looks into.
    package func delete(_ access: TenantAccess) throws(ErrorAnswer) {
        let now = clock.now()
        doorbell.ring(access.tenant.id)
        try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let tenant = try main.tenants.lock(access.tenant.id),
                tenant.state == .ready || tenant.state == .suspended
            else { throw ErrorAnswer(.tenantNotFound) }
            guard tenant.suspendedBy != .operator else { throw ErrorAnswer(.tenantSuspended) }
            _ = try main.tenants.update(tenant.id, name: tenant.name, state: .deleting, suspendedBy: nil, at: now)
            try main.purges.schedule(
                TenantPurge(
                    database: tenant.database, requestedAt: now, requestedBy: access.userID,
                    suspendedBy: tenant.suspendedBy))
            try main.events.append(
                Event(.tenantDeleted, tenant: tenant.id, user: access.userID, at: now, from: access.origin))
            try main.audit.append(access.entry(.deleteTenant, tenant.id, at: now))
        }
    }

    /// Everything that makes a tenant, in one transaction; false when no database waits.
    private func store(_ tenant: Tenant, from origin: RequestOrigin) throws(ErrorAnswer) -> Bool {
        doorbell.ring(tenant.id)
        let isStored = try data.inMain(origin.effectAccess) { main throws(ErrorAnswer) in
            guard try main.tenants.insertReady(tenant) else { return false }
            let (id, user, now) = (tenant.id, tenant.createdBy, tenant.createdAt)
            try main.memberships.insert(tenant: id, user: user, role: .admin, at: now)
            try main.events.append(
                Event(
                    .tenantCreated, tenant: id, user: user, at: now, from: origin,
                    data: ["name": .string(tenant.name.text), "database_name": .string(tenant.database.name)]))
            try main.audit.append(
                AuditEntry(.createTenant, by: user, from: origin, tenant: id, target: id.description, at: now))
            return true
        }
        // Nothing was done: the next try is the request's effect.
        if !isStored { origin.effect?.take()?.rollBack() }
        return isStored
    }
}
