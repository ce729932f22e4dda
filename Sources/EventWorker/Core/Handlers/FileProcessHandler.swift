import Base
package import Contract
package import Domain

/// A file is to be processed: reads its object and compares size and SHA-256 with what was stored.
package struct FileProcessHandler: EventHandler {
    private let data: any UnitOfWork
    private let tenants: LivingTenants
    private let objects: any ObjectLocator

    package init(data: any UnitOfWork, tenants: LivingTenants, objects: any ObjectLocator) {
        self.data = data
        self.tenants = tenants
        self.objects = objects
    }

    package var type: EventType { .fileProcess }

    package func act(on event: Event) throws(ErrorAnswer) { _ = try event.file() }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        let id = try event.file()
        guard let tenant = try tenants.find(event.tenantID), let file = try home.file(id, of: tenant, data) else {
            return
        }
        let content = try objects.fingerprint(key: file.key)
        guard content?.size == file.size, content?.sha256 == file.sha256 else {
            guard try home.file(id, of: tenant, data) != nil else { return }  // removed meanwhile
            throw ErrorAnswer(
                .storageUnavailable, cause: content == nil ? "the object is missing" : "the object's content is damaged"
            )
        }
    }
}
