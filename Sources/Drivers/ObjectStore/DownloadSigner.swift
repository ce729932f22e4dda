package import Base

/// Makes URLs that let anyone who holds them fetch one object for a short time.
package protocol DownloadSigner: Sendable {
    /// The URL, good until `download.expires`. Computed locally: no network, no disk.
    func url(for download: SignedDownload) -> String
}

/// What a download URL allows.
package struct SignedDownload: Equatable, Sendable {
    package let key: String
    /// What the answer's Content-Type and Content-Disposition will be.
    package let contentType: String
    package let contentDisposition: String
    /// Whose download it is, signed along; the directory store's door checks it again (`tenant-id/document-id`).
    package let subject: String
    package let expires: Timestamp

    package init(key: String, contentType: String, contentDisposition: String, subject: String, expires: Timestamp) {
        self.key = key
        self.contentType = contentType
        self.contentDisposition = contentDisposition
        self.subject = subject
        self.expires = expires
    }
}
