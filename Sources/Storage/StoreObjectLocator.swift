package import Base
package import Contract
package import Domain
package import ObjectStore

/// The domain's view of the object store.
package struct StoreObjectLocator: ObjectLocator {
    private let store: any ObjectStore
    private let signer: any DownloadSigner

    package init(store: any ObjectStore, signer: any DownloadSigner) {
        self.store = store
        self.signer = signer
    }

    package func downloadURL(for document: Document, tenant: TenantID, expires: Timestamp) -> String {
        signer.url(
            for: SignedDownload(
                key: document.file.key, contentType: document.mediaType.text,
                contentDisposition: ContentDisposition.attachment(document.filename),
                subject: "\(tenant)/\(document.id)", expires: expires))
    }

    package func verifyDownload(path: String, query: String, at now: Timestamp) -> VerifiedDownload? {
        // Only the directory store's URLs lead back to us.
        guard let signer = signer as? DirectoryDownloadSigner, path.hasPrefix(Self.prefix),
            let download = signer.verify(path: String(path.dropFirst(Self.prefix.count)), query: query, at: now)
        else { return nil }
        let parts = download.subject.split(separator: "/")
        guard parts.count == 2, let tenant = TenantID(parts[0]), let document = DocumentID(parts[1]) else { return nil }
        return VerifiedDownload(
            tenant: tenant, document: document, key: download.key, contentType: download.contentType,
            contentDisposition: download.contentDisposition)
    }

    package func remove(key: String) throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.remove(key) }
    }

    package func check() throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.check() }
    }

    private static let prefix = "/objects/"

    private func answering(_ body: () throws(ObjectStoreError) -> Void) throws(ErrorAnswer) {
        do {
            try body()
        } catch {
            throw ErrorAnswer(.storageUnavailable, cause: String(reflecting: error))
        }
    }
}
