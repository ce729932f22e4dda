package import Contract
package import Domain

/// A document was uploaded: verifies that its object is there in full, then runs the inspections that are switched on.
package struct DocumentUploadedHandler: EventHandler {
    private let data: any UnitOfWork
    private let tenants: LivingTenants
    private let objects: any ObjectLocator
    private let inspections: [any UploadInspection]

    package init(
        data: any UnitOfWork, tenants: LivingTenants, objects: any ObjectLocator,
        inspections: [any UploadInspection] = []
    ) {
        self.data = data
        self.tenants = tenants
        self.objects = objects
        self.inspections = inspections
    }

    package var type: EventType { .documentUploaded }

    package func act(on event: Event) throws(ErrorAnswer) { _ = try event.file() }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        let id = try event.file()
        guard let tenant = try tenants.find(event.tenantID), let file = try home.file(id, of: tenant, data) else {
            return
        }
        let size = try objects.size(key: file.key)
        guard size == file.size else {
            // Removed between the two looks: nothing is wrong.
            guard try home.file(id, of: tenant, data) != nil else { return }
            throw ErrorAnswer(
                .storageUnavailable,
                cause: size.map { "the object has \($0) bytes, not \(file.size)" } ?? "the object is missing")
        }
        for inspection in inspections { try inspection.inspect(file, of: tenant) }
    }
}

/// A look at newly stored content: metadata, viruses, previews. None is on unless it is configured.
package protocol UploadInspection: Sendable {
    /// May be repeated.
    func inspect(_ file: StoredFile, of tenant: Tenant) throws(ErrorAnswer)
}
