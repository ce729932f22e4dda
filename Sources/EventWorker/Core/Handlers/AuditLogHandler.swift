import Base
package import Contract
package import Domain

/// An audit entry of a change in the main database goes to the trail of the tenant that it concerns.
package struct AuditLogHandler: EventHandler {
    private let data: any UnitOfWork
    private let audit: AuditService

    package init(data: any UnitOfWork, audit: AuditService) {
        self.data = data
        self.audit = audit
    }

    package var type: EventType { .auditLog }
    package var sharesTransaction: Bool { true }

    package func act(on event: Event) throws(ErrorAnswer) {
        _ = try Self.entry(event)
    }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        let entry = try Self.entry(event)
        if case .tenant(let tenant) = home { return try tenant.audit.append(entry) }
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(event.tenantID) }
        guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return }
        try audit.append(entry, to: tenant.database)
    }

    private static func entry(_ event: Event) throws(ErrorAnswer) -> AuditEntry {
        guard let entry = AuditEntry(event: event) else {
            throw ErrorAnswer(.validationError, cause: "the event holds no audit entry")
        }
        return entry
    }
}
