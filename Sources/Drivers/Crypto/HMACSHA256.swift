/// HMAC with SHA-256 (RFC 2104, RFC 4231).
package enum HMACSHA256 {
    /// The 32-byte code of the message. For a key that is used more than once, keep an `HMACKey`.
    package static func sign(_ message: [UInt8], key: [UInt8]) -> [UInt8] { HMACKey(key).sign(message) }
}
