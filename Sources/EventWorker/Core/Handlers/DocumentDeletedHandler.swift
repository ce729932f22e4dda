import Base
package import Contract
package import Domain

/// A document is gone: its file goes too when no other document shows it.
package struct DocumentDeletedHandler: EventHandler {
    private let data: any UnitOfWork
    private let files: FileService

    package init(data: any UnitOfWork, files: FileService) {
        self.data = data
        self.files = files
    }

    package var type: EventType { .documentDeleted }

    package func handle(_ event: Event) throws(ErrorAnswer) {
        guard let file = event.data["file_id"]?.string.flatMap({ FileID($0) }) else {
            throw ErrorAnswer(.validationError, cause: "the event names no file")
        }
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(event.tenantID) }
        guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return }
        do {
            try files.delete(file, in: tenant.database)
        } catch  where error.code == .fileInUse || error.code == .fileNotFound {
            return  // shown by another document, or removed already
        }
    }
}
