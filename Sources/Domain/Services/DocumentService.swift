package import Base
package import Contract

/// A tenant's documents: list, read, change, delete, download.
package struct DocumentService: Sendable {
    private let data: any UnitOfWork
    private let links: any DownloadLinks
    private let doorbell: any Doorbell
    private let clock: any WallClock

    /// How long a download URL is good.
    private static let downloadLifetime: Duration = .seconds(300)

    package init(data: any UnitOfWork, links: any DownloadLinks, doorbell: any Doorbell, clock: any WallClock) {
        self.data = data
        self.links = links
        self.doorbell = doorbell
        self.clock = clock
    }

    package func list(_ query: DocumentQuery, in access: TenantAccess) throws(ErrorAnswer) -> Page<Document> {
        try data.inTenant(access.tenant.database, .read) { tenant throws(ErrorAnswer) in
            try tenant.documents.list(query)
        }
    }

    /// The same list without the files.
    package func listEntries(_ query: DocumentQuery, in access: TenantAccess) throws(ErrorAnswer) -> Page<DocumentEntry>
    {
        try data.inTenant(access.tenant.database, .read) { tenant throws(ErrorAnswer) in
            try tenant.documents.listEntries(query)
        }
    }

    /// - Throws: `.documentNotFound`.
    package func find(_ id: DocumentID, in database: TenantDatabase) throws(ErrorAnswer) -> Document {
        let found = try data.inTenant(database, .read) { tenant throws(ErrorAnswer) in
            try tenant.documents.find(id)
        }
        guard let found else { throw ErrorAnswer(.documentNotFound) }
        return found
    }

    /// Changes name and type; the type must fit what the content looks like.
    ///
    /// - Throws: `.documentNotFound`, `.forbidden` for another's document, `.validationError` on `mime_type`.
    package func update(
        _ id: DocumentID, filename: Filename?, mediaType: MediaType?, in access: TenantAccess
    ) throws(ErrorAnswer) -> Document {
        try data.inTenant(access.tenant.database, .write) { tenant throws(ErrorAnswer) in
            let document = try lockEditable(id, access, tenant)
            if let mediaType, !MediaTypeRules.isCompatible(mediaType, with: document.file.sniffedType) {
                throw InvalidValue("does not fit the content, which is \(document.file.sniffedType.text)")
                    .answer(field: "mime_type")
            }
            let now = clock.now()
            let changed = [filename.map { _ in "filename" }, mediaType.map { _ in "mime_type" }].compactMap { $0 }
            try tenant.audit.append(
                access.entry(
                    .updateDocument, id, at: now, details: ["changed": .array(changed.map { .string($0) })]))
            return try tenant.documents.update(
                id, filename: filename ?? document.filename, mediaType: mediaType ?? document.mediaType, at: now)
        }
    }

    /// Removes the document; its file follows when no other document shows it.
    ///
    /// - Throws: `.documentNotFound`, `.forbidden` for another's document.
    package func delete(_ id: DocumentID, in access: TenantAccess) throws(ErrorAnswer) {
        doorbell.ring(.tenant(access.tenant.id))
        try data.inTenant(access.tenant.database, .write) { tenant throws(ErrorAnswer) in
            let document = try lockEditable(id, access, tenant)
            let now = clock.now()
            try tenant.documents.remove(id)
            try tenant.audit.append(
                access.entry(
                    .deleteDocument, id, at: now, details: ["file_id": .string(document.file.id.description)]))
            try tenant.events.append(
                Event(
                    .documentDeleted, tenant: access.tenant.id, user: access.userID, at: now, from: access.origin,
                    data: [
                        "document_id": .string(id.description), "file_id": .string(document.file.id.description),
                    ]))
        }
    }

    /// A URL that downloads the document's content, and when it ends.
    ///
    /// - Throws: `.documentNotFound`, `.fileInfected`.
    package func download(
        _ id: DocumentID, in access: TenantAccess
    ) throws(ErrorAnswer) -> (url: String, expires: Timestamp) {
        let document = try find(id, in: access.tenant.database)
        try Self.checkQuarantine(document)
        let expires = Timestamp(seconds: clock.now().seconds) + Self.downloadLifetime
        return (links.url(for: document, tenant: access.tenant.id, expires: expires), expires)
    }

    /// The document behind a download URL whose signature holds: tenant and document must still be there.
    ///
    /// - Throws: `.documentNotFound`, `.fileInfected`.
    package func findDownload(_ id: DocumentID, tenant: TenantID) throws(ErrorAnswer) -> Document {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(tenant) }
        guard let found, found.state == .ready else { throw ErrorAnswer(.documentNotFound) }
        let document = try find(id, in: found.database)
        try Self.checkQuarantine(document)
        return document
    }

    private static func checkQuarantine(_ document: Document) throws(ErrorAnswer) {
        if document.file.inspection?.scan == .infected { throw ErrorAnswer(.fileInfected) }
    }

    private func lockEditable(
        _ id: DocumentID, _ access: TenantAccess, _ tenant: TenantRepositories
    ) throws(ErrorAnswer) -> Document {
        guard let document = try tenant.documents.lock(id) else { throw ErrorAnswer(.documentNotFound) }
        guard access.role == .admin || document.userID == access.userID else { throw ErrorAnswer(.forbidden) }
        return document
    }
}
