package import Base
package import Crypto

/// What FCGIApp allows one upload to do, decided before a byte of its body is read and carried to the sidecar.
///
/// Signed with Ed25519: the sidecar verifies it with the public key alone. Text form: two unpadded base64url parts
/// joined by a dot, the JSON of the claims and the signature over the first part's text.
package struct UploadGrant: Equatable, Sendable {
    /// How long a grant is good for.
    package static let lifetime: Duration = .seconds(6 * 3600)
    /// How much of that a body may take; the rest is for storing it.
    package static let receivingTime: Duration = .seconds(5 * 3600)

    package let uploadID: Identifier<UploadTag>
    package let tenantID: Identifier<TenantTag>
    package let userID: Identifier<UserTag>
    package let requestID: String
    /// The token's id and family, so that a revocation during the upload is seen at commit.
    package let tokenID: String
    package let tokenFamily: String
    /// The most bytes that the file part may hold.
    package let maxBytes: Int64
    package let expires: Timestamp
    /// The client's address, for the audit trail.
    package let address: String
    /// The client's `Idempotency-Key`, when it sent one.
    package let idempotencyKey: String?
    /// Whether space is kept free for the upload.
    package let holdsSpace: Bool
    /// What it took of its user's byte budget, where there is one.
    package let charge: UploadCharge?
    /// Whether an upload that fails is given up with `abandon`, which gives back what it holds.
    package var wantsRelease: Bool { holdsSpace || charge != nil }

    package init(
        uploadID: Identifier<UploadTag>, tenantID: Identifier<TenantTag>, userID: Identifier<UserTag>,
        requestID: String, tokenID: String, tokenFamily: String, maxBytes: Int64, expires: Timestamp,
        address: String = "", idempotencyKey: String? = nil, holdsSpace: Bool = false, charge: UploadCharge? = nil
    ) {
        self.uploadID = uploadID
        self.tenantID = tenantID
        self.userID = userID
        self.requestID = requestID
        self.tokenID = tokenID
        self.tokenFamily = tokenFamily
        self.maxBytes = maxBytes
        self.expires = expires
        self.address = address
        self.idempotencyKey = idempotencyKey
        self.holdsSpace = holdsSpace
        self.charge = charge
    }

    /// The signed text.
    package func signed(with key: SigningKey) -> String {
        var json = JSONWriter(capacity: 320)
        json.object { json in
            json.member("upload_id", uploadID)
            json.member("tenant_id", tenantID)
            json.member("user_id", userID)
            json.member("request_id", requestID)
            json.member("jti", tokenID)
            json.member("family", tokenFamily)
            json.member("max_bytes", maxBytes)
            json.member("exp", expires.microseconds)
            json.member("address", address)
            if let idempotencyKey { json.member("key", idempotencyKey) }
            if holdsSpace { json.member("space", true) }
            if let charge {
                json.member("charge", charge.bytes)
                json.member("charged_at", charge.takenAt.microseconds)
            }
        }
        let claims = Base64.encodeURLSafe(json.bytes)
        return claims + "." + Base64.encodeURLSafe(key.sign(Array(claims.utf8)))
    }

    /// Verifies signature and expiry; nil when either fails or the text is malformed.
    package init?(verifying text: String, with key: VerifyingKey, at now: Timestamp) {
        self.init(text, at: now) { signature, message in key.isValid(signature, for: message) }
    }

    /// The same by the signer itself. Ed25519 gives one signature of a message (RFC 8032), so signing again and
    /// comparing tells as much as verifying, at a third of the time.
    package init?(verifying text: String, by signer: SigningKey, at now: Timestamp) {
        self.init(text, at: now) { signature, message in ConstantTime.equal(signature, signer.sign(message)) }
    }

    private init?(_ text: String, at now: Timestamp, isValid: ([UInt8], [UInt8]) -> Bool) {
        let text = Array(text.utf8)
        // A second dot is no digit of the signature.
        guard let dot = text.firstIndex(of: UInt8(ascii: ".")),
            let signature = Base64.decodeURLSafe(text[(dot + 1)...]),
            isValid(signature, Array(text[..<dot])),
            let bytes = Base64.decodeURLSafe(text[..<dot]), let claims = try? JSONValue(parsing: bytes),
            let uploadID = claims["upload_id"]?.string.flatMap({ Identifier<UploadTag>($0) }),
            let tenantID = claims["tenant_id"]?.string.flatMap({ Identifier<TenantTag>($0) }),
            let userID = claims["user_id"]?.string.flatMap({ Identifier<UserTag>($0) }),
            let requestID = claims["request_id"]?.string, let tokenID = claims["jti"]?.string,
            let tokenFamily = claims["family"]?.string, let maxBytes = claims["max_bytes"]?.integer,
            let expires = claims["exp"]?.integer.map({ Timestamp(microseconds: $0) }), now < expires
        else { return nil }
        var charge: UploadCharge?
        if let bytes = claims["charge"]?.integer, let takenAt = claims["charged_at"]?.integer {
            charge = UploadCharge(bytes: bytes, takenAt: Timestamp(microseconds: takenAt))
        }
        self.init(
            uploadID: uploadID, tenantID: tenantID, userID: userID, requestID: requestID, tokenID: tokenID,
            tokenFamily: tokenFamily, maxBytes: maxBytes, expires: expires,
            address: claims["address"]?.string ?? "", idempotencyKey: claims["key"]?.string,
            holdsSpace: claims["space"] == .bool(true), charge: charge)
    }
}
