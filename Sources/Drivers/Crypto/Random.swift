import COpenSSL

/// Random bytes for keys, salts and tokens.
package enum Random {
    /// Bytes of OpenSSL's generator, seeded by the kernel. Ends the process when it has none.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "no random bytes")
            initialized = count
        }
    }
}
