package import Base

/// Makes and checks JSON Web Tokens of one kind: HS256 (RFC 7515, RFC 7518 section 3.2), our claims, our keys.
///
/// The algorithm is never taken from the token. Thread-safe.
package struct TokenSigner: Sendable {
    private struct Key: Sendable {
        let id: String
        let hmac: HMACKey
        /// The header's base64url text and a dot.
        let prefix: [UInt8]
    }

    private static let longest = 4096
    private let keys: [Key]
    private let skewSeconds: Int64

    /// - Parameters:
    ///   - keys: the first signs, all verify; at least one, with different ids.
    ///   - skewSeconds: how long after its expiry a token is still taken, 0 to 60.
    package init(keys: [TokenKey], skewSeconds: Int64 = 0) {
        precondition(!keys.isEmpty && Set(keys.map(\.id)).count == keys.count, "keys with different ids are needed")
        precondition((0...60).contains(skewSeconds), "the skew is 0 to 60 seconds")
        self.skewSeconds = skewSeconds
        self.keys = keys.map { key in
            var json = JSONWriter(capacity: 64)
            json.object { json in
                json.member("alg", "HS256")
                json.member("kid", key.id)
                json.member("typ", "JWT")
            }
            return Key(
                id: key.id, hmac: HMACKey(key.secret), prefix: Array((Base64.encodeURLSafe(json.bytes) + ".").utf8))
        }
    }

    /// The id of the key that signs.
    package var signingKeyID: String { keys[0].id }

    /// The token's compact text: the same claims and key give the same bytes.
    ///
    /// - Parameter keyID: the key to sign with; the first one when nil or no longer held.
    package func sign(_ claims: TokenClaims, keyID: String? = nil) -> String {
        let key = keys.first { $0.id == keyID } ?? keys[0]
        let signed = key.prefix + Array(Base64.encodeURLSafe(claims.jsonBytes).utf8)
        return String(decoding: signed, as: UTF8.self) + "." + Base64.encodeURLSafe(key.hmac.sign(signed))
    }

    /// The claims of a token that one of the keys has signed, that is of this type, and that has not expired.
    ///
    /// - Throws: `expired` only for a token that is right in all else; `malformed` for everything else: other headers
    ///   or algorithms, unknown keys, wrong signatures, missing, odd or additional claims, text that is not canonical
    ///   base64url, more than 4 KiB, a time of issue more than a minute ahead.
    package func verify(_ token: String, at now: Timestamp, expecting type: TokenType) throws(TokenError) -> TokenClaims
    {
        let text = Array(token.utf8)
        guard text.count <= Self.longest, let claims = authenticated(text), claims.isSound,
            claims.type == type, claims.issuedAt <= now.seconds + 60
        else { throw .malformed }
        guard now.seconds < claims.expiresAt + skewSeconds else { throw .expired }
        return claims
    }

    /// The claims, if the signature is right.
    private func authenticated(_ text: [UInt8]) -> TokenClaims? {
        let dot = UInt8(ascii: ".")
        guard let headerEnd = text.firstIndex(of: dot), let claimsEnd = text[(headerEnd + 1)...].firstIndex(of: dot),
            let key = key(forHeader: text[..<headerEnd]),
            let signature = Base64.decodeURLSafe(text[(claimsEnd + 1)...]),
            text[..<claimsEnd].withUnsafeBytes({ key.hmac.isValid(signature, for: $0) }),
            let json = Base64.decodeURLSafe(text[(headerEnd + 1)..<claimsEnd])
        else { return nil }
        return TokenClaims(canonical: json) ?? (try? JSONValue(parsing: json)).flatMap { TokenClaims($0) }
    }

    /// The key that the header names. A header of our own making is known by its text; another is read.
    private func key(forHeader text: ArraySlice<UInt8>) -> Key? {
        if let key = keys.first(where: { $0.prefix.dropLast().elementsEqual(text) }) { return key }
        guard let bytes = Base64.decodeURLSafe(text),
            let header = try? JSONValue(parsing: bytes), header.object?.count == 3, header["alg"]?.string == "HS256",
            header["typ"]?.string == "JWT", let id = header["kid"]?.string
        else { return nil }
        return keys.first { $0.id == id }
    }
}
