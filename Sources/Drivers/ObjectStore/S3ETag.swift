import Base
import HTTP

/// The entity tag in an answer of an S3 server, which often, but not always, is a digest of the content.
struct S3ETag: Equatable {
    /// Without quotes.
    let text: String
    /// Whether the content was encrypted in a way that makes the tag something else than a digest.
    private let isOpaque: Bool

    /// The tag in the header; nil when there is none.
    init?(_ response: HTTPResponse) {
        guard let header = response.header("ETag") else { return nil }
        self.init(header, of: response)
    }

    /// - Parameters:
    ///   - text: the tag, in quotes or not.
    ///   - response: the answer that it came with, whose headers tell how the object is encrypted.
    init(_ text: String, of response: HTTPResponse) {
        self.text = text.filter { $0 != "\"" }
        let encryption = response.header("x-amz-server-side-encryption") ?? "AES256"
        let hasOwnKey = response.header("x-amz-server-side-encryption-customer-algorithm") != nil
        isOpaque = hasOwnKey || encryption != "AES256"
    }

    /// Whether the tag says that the stored content has this MD5; nil when it does not tell.
    func confirms(md5: [UInt8]) -> Bool? {
        guard !isOpaque, let digest = Hex.decode(text), digest.count == 16 else { return nil }
        return digest == md5
    }

    /// The same for a multipart upload, whose tag is the MD5 of its parts' MD5s and their number: `<hex>-<count>`.
    func confirms(partsMD5: [UInt8], count: Int) -> Bool? {
        let halves = text.split(separator: "-")
        guard !isOpaque, halves.count == 2, let digest = Hex.decode(halves[0]), digest.count == 16 else { return nil }
        return digest == partsMD5 && halves[1] == String(count)
    }
}
