package import Base
package import Contract

/// Sign-up, change and deletion of tenants.
///
/// A tenant is made in one transaction of the main database, which renames one of the databases that wait, so that it is
/// there as a whole or not at all.
package struct TenantService: Sendable {
    private let data: any UnitOfWork
    private let provisioner: any TenantProvisioner
    private let doorbell: any Doorbell
    private let clock: any WallClock

    private let patience: Duration
    private let mostWaiting: Int
    /// How many sign-ups wait for a database at this moment.
    private let waiting = Condition(0)

    /// - Parameters:
    ///   - patience: how long a sign-up waits for a database in a rush; then it is told to come back.
    ///   - mostWaiting: how many do so at a time, for each keeps a thread; the others are told at once.
    package init(
        data: any UnitOfWork, provisioner: any TenantProvisioner, doorbell: any Doorbell, clock: any WallClock,
        patience: Duration = .seconds(10), mostWaiting: Int = 8
    ) {
        self.data = data
        self.provisioner = provisioner
        self.doorbell = doorbell
        self.clock = clock
        self.patience = patience
        self.mostWaiting = mostWaiting
    }

    /// Makes a tenant with its own database; the user becomes its admin. Takes milliseconds when a database waits, and as
    /// long as making one when none does: in a rush as long as making those of the others too.
    ///
    /// - Throws: `.serviceUnavailable` when the rush lasts too long; nothing is left then.
    package func create(
        name: TenantName, by user: UserID, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> Tenant {
        let now = clock.now()
        let id = TenantID.ordered(at: now)
        let tenant = Tenant(
            id: id, name: name, database: TenantDatabase(tenantID: id, named: name), state: .ready, suspendedBy: nil,
            createdAt: now, updatedAt: now, createdBy: user)
        let deadline = ContinuousClock.now + patience
        var isWaiting = false
        defer { if isWaiting { waiting.withLock { $0 -= 1 } } }
        while true {
            do throws(ErrorAnswer) {
                if try store(tenant, from: origin) { return tenant }
            } catch {
                // The answer to the commit may have been lost, and the tenant be there.
                let stored = try? data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
                if let stored { return stored }
                throw error
            }
            guard ContinuousClock.now < deadline else {
                throw ErrorAnswer(.serviceUnavailable, cause: "no database was ready for it in time")
            }
            if !isWaiting {
                try takePlace()
                isWaiting = true
            }
            try provisioner.makeSpare(until: deadline)
        }
    }

    private func takePlace() throws(ErrorAnswer) {
        let isFree = waiting.withLock { count in
            guard count < mostWaiting else { return false }
            count += 1
            return true
        }
        guard isFree else { throw ErrorAnswer(.serviceUnavailable, cause: "too many sign-ups wait for databases") }
    }

    /// Changes name and state. Suspending and resuming concern the tenant's own suspension only.
    ///
    /// - Throws: `.tenantSuspended` while the operator's suspension lasts.
    package func update(
        _ access: TenantAccess, name: TenantName?, isActive: Bool?
    ) throws(ErrorAnswer) -> Tenant {
        doorbell.ring(.main)
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
            case (_, .deleting), (_, .purged): throw ErrorAnswer(.tenantNotFound)
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
        doorbell.ring(.main)
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
        doorbell.ring(.main)
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
