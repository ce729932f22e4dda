/// Keys for single purposes out of one secret: HKDF with SHA-256 (RFC 5869).
package enum KeyDerivation {
    /// A 32-byte key that serves this purpose alone: it tells nothing of the secret or of other purposes' keys.
    package static func derive(from secret: [UInt8], purpose: String) -> [UInt8] {
        hkdf(secret, salt: [], info: Array(purpose.utf8), count: 32)
    }

    /// Extract and expand (RFC 5869 section 2).
    ///
    /// - Parameters:
    ///   - salt: none is a block of zeros.
    ///   - count: bytes wanted, at most 8160.
    package static func hkdf(_ secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        precondition((0...255 * 32).contains(count), "HKDF gives at most 255 blocks")
        let key = HMACKey(HMACSHA256.sign(secret, key: salt))
        var out: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 0
        while out.count < count {
            number += 1
            block = key.sign(block + info + [number])
            out += block
        }
        return Array(out.prefix(count))
    }
}
