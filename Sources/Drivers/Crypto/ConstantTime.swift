import COpenSSL

/// Comparisons whose time does not tell where two values differ.
package enum ConstantTime {
    /// Whether both are the same; only the lengths may be told by the time it takes.
    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }
}
