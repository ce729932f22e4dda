import Crypto

/// Digests of requests under a key of the installation: without it nobody can tell which request one belongs to, nor try
/// guesses against it.
package struct RequestDigests: Sendable {
    private let key: HMACKey

    /// - Parameter secret: any good one; the key is derived from it for this purpose alone.
    package init(secret: [UInt8]) {
        key = HMACKey(KeyDerivation.derive(from: secret, purpose: "request-digests"))
    }

    /// 32 bytes (HMAC-SHA-256).
    func digest(of body: [UInt8]) -> [UInt8] { key.sign(body) }
}
