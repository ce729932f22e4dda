package import Base

/// Makes presigned GET URLs for the objects of an `S3Store`, on the address by which clients reach it.
///
/// `SignedDownload.subject` is not part of them: the S3 server checks nothing but the signature and the time.
package struct S3DownloadSigner: DownloadSigner {
    /// The longest that Signature Version 4 allows: seven days.
    private static let maxLifetimeSeconds: Int64 = 604_800

    private let address: S3Address
    private let signer: SigV4
    private let clock: any WallClock

    package init(settings: S3Settings, clock: any WallClock = SystemClock()) {
        address = settings.publicAddress
        signer = settings.signer
        self.clock = clock
    }

    /// Good until the second of `download.expires`, for at least one second and at most seven days from now.
    package func url(for download: SignedDownload) -> String {
        let now = clock.now()
        let path = address.path(of: download.key)
        let query = signer.presignedQuery(
            method: "GET", host: address.host, path: path,
            query: [
                ("response-content-type", download.contentType),
                ("response-content-disposition", download.contentDisposition),
            ],
            lifetimeSeconds: min(max(1, download.expires.seconds - now.seconds), Self.maxLifetimeSeconds), at: now)
        return address.url(path: path, query: query)
    }
}
