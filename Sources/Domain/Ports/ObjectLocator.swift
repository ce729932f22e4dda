package import Base
package import Contract

/// The object store as the domain needs it: short-lived download URLs, and removal.
package protocol ObjectLocator: Sendable {
    /// A URL that lets its holder download the document's content under the document's name and type.
    func downloadURL(for document: Document, tenant: TenantID, expires: Timestamp) -> String

    /// What a URL made by `downloadURL` allows, when it leads back to us and its signature and expiry hold.
    ///
    /// - Parameters:
    ///   - path: as sent, percent-encoded.
    ///   - query: as sent.
    func verifyDownload(path: String, query: String, at now: Timestamp) -> VerifiedDownload?

    /// Removes the object; done already when there is none.
    ///
    /// - Throws: `.storageUnavailable`.
    func remove(key: String) throws(ErrorAnswer)

    /// - Throws: `.storageUnavailable` when the store cannot be used right now.
    func check() throws(ErrorAnswer)
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
