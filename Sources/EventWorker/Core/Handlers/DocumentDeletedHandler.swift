import Base
package import Contract
package import Domain

/// A document is gone: its file goes too when no other document shows it.
package struct DocumentDeletedHandler: EventHandler {
    private let tenants: LivingTenants
    private let files: FileService

    package init(tenants: LivingTenants, files: FileService) {
        self.tenants = tenants
        self.files = files
    }

    package var type: EventType { .documentDeleted }

    package func act(on event: Event) throws(ErrorAnswer) {
        let file = try event.file()
        guard let tenant = try tenants.find(event.tenantID) else { return }
        do {
            try files.delete(file, in: tenant.database)
        } catch  where error.code == .fileInUse || error.code == .fileNotFound {
            return  // shown by another document, or removed already
        }
    }
}
