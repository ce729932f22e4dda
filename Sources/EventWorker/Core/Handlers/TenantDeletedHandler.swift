package import Base
package import Contract
package import Domain

/// A tenant was deleted: lets go of its database and notes that it is to be purged.
package struct TenantDeletedHandler: EventHandler {
    private let data: any UnitOfWork
    private let closeConnections: @Sendable (TenantDatabase) -> Void
    private let clock: any WallClock

    /// - Parameter closeConnections: closes this process's idle connections to the database.
    package init(
        data: any UnitOfWork, clock: any WallClock, closeConnections: @escaping @Sendable (TenantDatabase) -> Void
    ) {
        self.data = data
        self.clock = clock
        self.closeConnections = closeConnections
    }

    package var type: EventType { .tenantDeleted }

    package func act(on event: Event) throws(ErrorAnswer) {
        guard let tenant = try deleted(event) else { return }
        closeConnections(tenant.database)
    }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        // Noted with the deletion already, unless an older release deleted it.
        guard case .main(let main) = home, let tenant = try deleted(event) else { return }
        try main.purges.schedule(
            TenantPurge(
                database: tenant.database, requestedAt: clock.now(), requestedBy: event.userID, suspendedBy: nil))
    }

    /// The tenant when it really is deleted: a forged or late event for a living one does nothing.
    private func deleted(_ event: Event) throws(ErrorAnswer) -> Tenant? {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(event.tenantID) }
        return found.flatMap { $0.state == .deleting ? $0 : nil }
    }
}
