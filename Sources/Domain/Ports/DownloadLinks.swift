package import Base
package import Contract

/// Short-lived URLs that let their holder download a document's content.
package protocol DownloadLinks: Sendable {
    /// A URL for the content under the document's name and type.
    func url(for document: Document, tenant: TenantID, expires: Timestamp) -> String

    /// What a URL made by `url` allows, when it leads back to us and its signature and expiry hold.
    ///
    /// - Parameters:
    ///   - path: as sent, percent-encoded.
    ///   - query: as sent.
    func verify(path: String, query: String, at now: Timestamp) -> VerifiedDownload?
}

/// A download URL whose signature holds.
package struct VerifiedDownload: Equatable, Sendable {
    package let tenant: TenantID
    package let document: DocumentID
    package let key: String
    package let contentType: String
    package let contentDisposition: String

    package init(
        tenant: TenantID, document: DocumentID, key: String, contentType: String, contentDisposition: String
    ) {
        self.tenant = tenant
        self.document = document
        self.key = key
        self.contentType = contentType
        self.contentDisposition = contentDisposition
    }
}
