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

    package func act(on event: Event) throws(ErrorAnswer) {
        guard let entry = AuditEntry(event: event) else {
            throw ErrorAnswer(.validationError, cause: "the event holds no audit entry")
        }
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(event.tenantID) }
        guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return }
        try audit.append(entry, to: tenant.database)
    }
}
