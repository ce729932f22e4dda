package import Base
package import Contract
package import Domain
package import ObjectStore

/// Download links signed by the object store's own method.
package struct SignedDownloadLinks: DownloadLinks {
    private let signer: any DownloadSigner

    private static let prefix = "/objects/"

    package init(signer: any DownloadSigner) { self.signer = signer }

    package func url(for document: Document, tenant: TenantID, expires: Timestamp) -> String {
        signer.url(
            for: SignedDownload(
                key: document.file.key, contentType: document.mediaType.text,
                contentDisposition: ContentDisposition.attachment(document.filename),
                subject: "\(tenant)/\(document.id)", expires: expires))
    }

    package func verify(path: String, query: String, at now: Timestamp) -> VerifiedDownload? {
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
}
