package import Base
import Crypto

/// Signs download URLs of a `DirectoryStore` with HMAC-SHA-256, and checks them at the door.
///
/// Form: `<base>/objects/<key>?type=…&disposition=…&subject=…&expires=<unix seconds>&signature=<base64url>`.
package struct DirectoryDownloadSigner: DownloadSigner {
    private let baseURL: String
    private let key: [UInt8]

    /// - Parameters:
    ///   - baseURL: how clients reach the service, without a slash at the end; never taken from a request.
    ///   - key: the HMAC key, derived for this purpose alone.
    package init(baseURL: String, key: [UInt8]) {
        self.baseURL = baseURL
        self.key = key
    }

    /// Parts of a second in `download.expires` are dropped.
    package func url(for download: SignedDownload) -> String {
        let parameters = [
            ("type", download.contentType), ("disposition", download.contentDisposition),
            ("subject", download.subject), ("expires", String(download.expires.seconds)),
            ("signature", Base64.encodeURLSafe(signature(of: download))),
        ]
        let query = parameters.map { $0 + "=" + PercentEncoding.encode($1) }.joined(separator: "&")
        return baseURL + "/objects/" + PercentEncoding.encode(download.key, keepingSlash: true) + "?" + query
    }

    /// What the URL allows; nil when any part of it was changed, is missing, unknown or given twice, or when it has
    /// expired.
    ///
    /// - Parameters:
    ///   - path: of the raw request URI after `/objects/`, percent-encoding included; decoded once here.
    ///   - query: of the raw request URI after the `?`.
    package func verify(path: String, query: String, at now: Timestamp) -> SignedDownload? {
        guard let objectKey = PercentEncoding.decode(path), ObjectKey.isValid(objectKey),
            var parameters = Self.parse(query),
            let type = parameters.removeValue(forKey: "type"),
            let disposition = parameters.removeValue(forKey: "disposition"),
            let subject = parameters.removeValue(forKey: "subject"),
            let expiresText = parameters.removeValue(forKey: "expires"),
            let signatureText = parameters.removeValue(forKey: "signature"), parameters.isEmpty,
            // One text for one number: no sign, no leading zeros, nothing that overflows.
            let seconds = Int64(expiresText), String(seconds) == expiresText, (0...maxSeconds).contains(seconds),
            let signature = Base64.decodeURLSafe(signatureText)
        else { return nil }
        let download = SignedDownload(
            key: objectKey, contentType: type, contentDisposition: disposition, subject: subject,
            expires: Timestamp(seconds: seconds))
        guard ConstantTime.equal(signature, self.signature(of: download)), now < download.expires else { return nil }
        return download
    }

    /// Seconds until the end of the year 9999.
    private var maxSeconds: Int64 { 253_402_300_799 }

    /// Each part is preceded by its length, so no part can pass for the end of the one before it.
    private func signature(of download: SignedDownload) -> [UInt8] {
        var message = Array("download-v1".utf8)
        for part in [
            download.key, download.contentType, download.contentDisposition, download.subject,
            String(download.expires.seconds),
        ] {
            message += Array("\n\(part.utf8.count):".utf8)
            message += Array(part.utf8)
        }
        return HMACSHA256.sign(message, key: key)
    }

    private static func parse(_ query: String) -> [String: String]? {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
            guard let equals = pair.firstIndex(of: "="),
                let value = PercentEncoding.decode(pair[pair.index(after: equals)...]),
                parameters.updateValue(value, forKey: String(pair[..<equals])) == nil
            else { return nil }
        }
        return parameters
    }
}
