import Base
import COpenSSL

/// An Ed25519 private key (RFC 8032).
package final class SigningKey: @unchecked Sendable {  // the EVP_PKEY is never changed after init
    private let key: OpaquePointer

    /// Reads a PKCS#8 PEM text.
    ///
    /// - Throws: `CryptoError.badKey` when the text is no Ed25519 private key.
    package init(pem: String) throws(CryptoError) {
        let text = Array(pem.utf8)
        guard let bio = BIO_new_mem_buf(text, Int32(text.count)) else { throw .badKey }
        defer { BIO_free(bio) }
        // Without a callback OpenSSL would ask the terminal for the password of an encrypted key.
        guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw .badKey
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            throw .badKey
        }
        self.key = key
    }

    /// A new random key.
    package init() throws(CryptoError) {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else { throw .badKey }
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &made) == 1, let made else { throw .badKey }
        key = made
    }

    deinit { EVP_PKEY_free(key) }

    /// The 64-byte signature of the message.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        let done =
            EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        precondition(done && length == 64, "Ed25519 signing failed")
        return signature
    }

    /// The public half.
    package var verifyingKey: VerifyingKey {
        var raw = [UInt8](repeating: 0, count: 32)
        var length = raw.count
        EVP_PKEY_get_raw_public_key(key, &raw, &length)
        guard let made = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, raw, length) else {
            preconditionFailure("a valid private key has a public half")
        }
        return VerifyingKey(key: made)
    }
}

/// An Ed25519 public key (RFC 8032).
package final class VerifyingKey: @unchecked Sendable {  // the EVP_PKEY is never changed after init
    private let key: OpaquePointer

    fileprivate init(key: OpaquePointer) { self.key = key }

    /// Reads a SubjectPublicKeyInfo PEM text.
    ///
    /// - Throws: `CryptoError.badKey` when the text is no Ed25519 public key.
    package init(pem: String) throws(CryptoError) {
        let text = Array(pem.utf8)
        guard let bio = BIO_new_mem_buf(text, Int32(text.count)) else { throw .badKey }
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PUBKEY(bio, nil, nil, nil) else {
            ERR_clear_error()
            throw .badKey
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            throw .badKey
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether the signature was made over this message with the matching private key.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        let valid =
            EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        // A stale entry in this thread's error queue would be read by the next library that uses OpenSSL.
        if !valid { ERR_clear_error() }
        return valid
    }
}
