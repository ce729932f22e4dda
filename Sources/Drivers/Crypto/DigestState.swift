import COpenSSL

/// A running EVP_MD_CTX: the owner of the C handle.
final class DigestState: @unchecked Sendable {  // shared only as the source of copies, which do not change it
    private let context: OpaquePointer

    init(_ algorithm: DigestAlgorithm) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, algorithm.implementation, nil) == 1 else {
            preconditionFailure("OpenSSL cannot start a digest")
        }
        self.context = context
    }

    /// A state that goes on where the other one is.
    init(copying other: DigestState) {
        guard let context = EVP_MD_CTX_new(), EVP_MD_CTX_copy_ex(context, other.context) == 1 else {
            preconditionFailure("OpenSSL cannot copy a digest")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "OpenSSL cannot go on hashing")
    }

    /// Ends the digest; the state cannot be used again.
    func finish(length: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            precondition(EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1, "OpenSSL cannot end a digest")
            count = length
        }
    }
}
