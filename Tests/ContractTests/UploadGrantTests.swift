import Base
import Contract
import Crypto
import Testing

@Suite struct UploadGrantTests {
    private let key: SigningKey
    private let verifying: VerifyingKey
    private let grant: UploadGrant
    private let now = Timestamp(seconds: 1_800_000_000)

    init() throws {
        key = try SigningKey()
        verifying = key.verifyingKey
        grant = UploadGrant(
            uploadID: .ordered(at: now), tenantID: .random(), userID: .random(), requestID: "req \"1\"\n\u{E9}",
            tokenID: "jti", tokenFamily: "family", maxBytes: 104_857_600, expires: now + .seconds(3600))
    }

    @Test func signedGrantComesBackWhole() {
        #expect(UploadGrant(verifying: grant.signed(with: key), with: verifying, at: now) == grant)
    }

    @Test func whatItHoldsComesBackToo() {
        let charge = UploadCharge(bytes: 1234, takenAt: now - .microseconds(7))
        let charged = UploadGrant(
            uploadID: grant.uploadID, tenantID: grant.tenantID, userID: grant.userID, requestID: "r", tokenID: "t",
            tokenFamily: "f", maxBytes: 1, expires: grant.expires, idempotencyKey: "k", charge: charge)
        #expect(UploadGrant(verifying: charged.signed(with: key), with: verifying, at: now) == charged)
        #expect(charged.wantsRelease && !grant.wantsRelease)
    }

    @Test func textHoldsNothingThatAHeaderCannotCarry() {
        let text = grant.signed(with: key)
        #expect(text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        #expect(text.utf8.count < 1024)
    }

    @Test func changeOfAnyByteIsRefused() {
        let text = Array(grant.signed(with: key).utf8)
        for index in text.indices {
            for change: UInt8 in [1, 0x20] {
                var changed = text
                changed[index] ^= change
                let changedText = String(decoding: changed, as: UTF8.self)
                #expect(UploadGrant(verifying: changedText, with: verifying, at: now) == nil)
            }
        }
    }

    @Test func cutOrLengthenedGrantsAreRefused() {
        let text = grant.signed(with: key)
        for count in 0..<text.count {
            #expect(UploadGrant(verifying: String(text.prefix(count)), with: verifying, at: now) == nil)
        }
        for changed in [text + ".", text + "=", "." + text, text + ".x", " " + text, text + "\n"] {
            #expect(UploadGrant(verifying: changed, with: verifying, at: now) == nil)
        }
    }

    @Test func grantEndsAtItsExpiry() {
        let text = grant.signed(with: key)
        #expect(UploadGrant(verifying: text, with: verifying, at: grant.expires - .microseconds(1)) == grant)
        #expect(UploadGrant(verifying: text, with: verifying, at: grant.expires) == nil)
    }

    @Test func otherKeysGrantsAreRefused() throws {
        let other = try SigningKey()
        #expect(UploadGrant(verifying: grant.signed(with: other), with: verifying, at: now) == nil)
    }

    /// Signed rightly, but not the claims of a grant.
    @Test(arguments: [
        "{}", "[]", "null", "not json", #"{"upload_id":"x"}"#,
        #"{"upload_id":1,"tenant_id":2,"user_id":3,"request_id":"r","jti":"j","family":"f","max_bytes":1,"exp":9e18}"#,
    ])
    func signedNonsenseIsRefused(claims: String) {
        let part = Base64.encodeURLSafe(claims.utf8)
        let text = part + "." + Base64.encodeURLSafe(key.sign(Array(part.utf8)))
        #expect(UploadGrant(verifying: text, with: verifying, at: now) == nil)
    }
}
