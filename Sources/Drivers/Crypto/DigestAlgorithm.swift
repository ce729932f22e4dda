import COpenSSL

/// A hash function of this product.
package enum DigestAlgorithm: Sendable {
    /// RFC 1321. Recorded with files and part of object keys; never a proof of equality.
    case md5
    /// FIPS 180-4.
    case sha256
    /// FIPS 180-4.
    case sha384

    /// Bytes of a digest.
    package var length: Int {
        switch self {
        case .md5: 16
        case .sha256: 32
        case .sha384: 48
        }
    }

    /// OpenSSL's implementation, fetched once: a fetch per use costs more than hashing a short text.
    var implementation: OpaquePointer {
        switch self {
        case .md5: Fetched.md5.pointer
        case .sha256: Fetched.sha256.pointer
        case .sha384: Fetched.sha384.pointer
        }
    }

    private struct Fetched: @unchecked Sendable {  // an EVP_MD is immutable, and this one is never freed
        let pointer: OpaquePointer

        init(_ name: String) {
            guard let fetched = EVP_MD_fetch(nil, name, nil) else { preconditionFailure("OpenSSL lacks a digest") }
            pointer = fetched
        }

        static let md5 = Fetched("MD5")
        static let sha256 = Fetched("SHA256")
        static let sha384 = Fetched("SHA384")
    }
}
