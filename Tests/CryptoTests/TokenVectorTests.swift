import Base
import Crypto
import Testing

/// Published tokens and known attacks on JSON Web Tokens (RFC 7515 appendix A, RFC 8725 section 2).
@Suite struct TokenVectorTests {
    /// RFC 7515 appendix A.1: the key, and the token that it signs.
    private static let key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    private static let token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let now = Timestamp(seconds: 1_300_819_000)

    private func refusal(_ token: String, secret: [UInt8]) -> TokenError? {
        do {
            _ = try TokenSigner(keys: [TokenKey(id: "1", secret: secret)]).verify(
                token, at: Self.now, expecting: .access)
            return nil
        } catch { return error }
    }

    @Test func codeOfTheStandardsExampleIsRight() throws {
        let key = try #require(Base64.decodeURLSafe(Self.key))
        let parts = Self.token.split(separator: ".")
        let code = try #require(Base64.decodeURLSafe(parts[2]))
        Array("\(parts[0]).\(parts[1])".utf8).withUnsafeBytes { #expect(HMACKey(key).isValid(code, for: $0)) }
    }

    @Test func rightlySignedTokenOfAnotherServiceIsRefused() throws {
        #expect(refusal(Self.token, secret: try #require(Base64.decodeURLSafe(Self.key))) == .malformed)
    }

    /// RFC 7515 appendix A.5, and the spellings of `none` that readers fell for.
    @Test(arguments: ["none", "None", "NONE", "nOnE", "", " none"])
    func unsecuredTokenIsRefused(algorithm: String) {
        let header = Base64.encodeURLSafe(#"{"alg":"\#(algorithm)"}"#.utf8)
        let claims = Self.token.split(separator: ".")[1]
        #expect(refusal("\(header).\(claims).", secret: [1]) == .malformed)
        #expect(refusal("eyJhbGciOiJub25lIn0.\(claims).", secret: [1]) == .malformed)
    }

    private static let claims =
        #"{"sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","jti":"j","type":"access","family":"f","iat":1300819000,"exp":1300819900}"#
    private static let header = #"{"alg":"HS256","kid":"1","typ":"JWT"}"#

    private func signed(_ header: String, _ claims: String, algorithm: ([UInt8], [UInt8]) -> [UInt8]) -> String {
        let text = Base64.encodeURLSafe(header.utf8) + "." + Base64.encodeURLSafe(claims.utf8)
        return text + "." + Base64.encodeURLSafe(algorithm(Array(text.utf8), [7]))
    }

    private func hs256(_ header: String = header, _ claims: String = claims) -> String {
        signed(header, claims) { HMACSHA256.sign($0, key: $1) }
    }

    @Test func theGoodOneIsTaken() { #expect(refusal(hs256(), secret: [7]) == nil) }

    /// Duplicate members are read differently by different readers; a header may bring its own key or point to one.
    @Test(arguments: [
        #"{"alg":"HS256","alg":"none","kid":"1","typ":"JWT"}"#, #"{"alg":"none","alg":"HS256","kid":"1","typ":"JWT"}"#,
        #"{"alg":"HS256","jwk":{"kty":"oct","k":"Bw"},"typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"1' OR '1'='1","typ":"JWT"}"#, #"{"alg":"HS256","kid":"1","typ":"JWT","b64":false}"#,
        #"{"alg":"HS256","kid":"1","typ":"JWT","zip":"DEF"}"#,
        #"{"alg":"HS256","kid":"1","typ":"JWT","x5u":"https://e.example"}"#,
        #"{"alg":"HS256","kid":["1"],"typ":"JWT"}"#, #"{"alg":"HS512","kid":"1","typ":"JWT"}"#,
        #"{"alg":"ES256","kid":"1","typ":"JWT"}"#, #"{"alg":"HS256","kid":"1","typ":"at+jwt"}"#,
        #"{"alg":"HS256","kid":"1","typ":"JWT"} "x""#, "\u{FEFF}" + #"{"alg":"HS256","kid":"1","typ":"JWT"}"#,
    ])
    func trickyHeadersAreRefused(header: String) { #expect(refusal(hs256(header), secret: [7]) == .malformed) }

    @Test(arguments: [
        #"{"sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ac","jti":"j","type":"access","family":"f","iat":1300819000,"exp":1300819900}"#,
        #"{"sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","jti":"j","type":"access","family":"f","iat":1300819000,"exp":1e10}"#,
        #"{"sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","jti":"j","type":"access","family":"f","iat":-1,"exp":1300819900}"#,
        #"{"sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","jti":"j","type":"access","family":"f","iat":1300819000,"exp":null}"#,
        #"{"sub":["0190b5d8-7c4e-7a3b-9f00-1234567890ab"],"jti":"j","type":"access","family":"f","iat":1300819000,"exp":1300819900}"#,
    ])
    func trickyClaimsAreRefused(claims: String) {
        #expect(refusal(hs256(Self.header, claims), secret: [7]) == .malformed)
    }

    @Test func otherSpellingsOfTheSameBytesAreRefused() {
        let parts = hs256().split(separator: ".").map(String.init)
        let signature = parts[2]
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        // 32 bytes leave two spare bits in the last character: of four spellings one is canonical.
        let last = alphabet.firstIndex(of: signature.last ?? "A") ?? 0
        for spare in 1...3 {
            let other = signature.dropLast() + String(alphabet[last ^ spare])
            #expect(refusal("\(parts[0]).\(parts[1]).\(other)", secret: [7]) == .malformed)
        }
        for odd in [
            "\(parts[0]).\(parts[1]).\(signature)=", "\(parts[0])..\(signature)", "..", "\(parts[0]).\(parts[1]).",
        ] {
            #expect(refusal(odd, secret: [7]) == .malformed)
        }
    }

    @Test func shortenedCodeIsRefused() {
        let token = signed(Self.header, Self.claims) { Array(HMACSHA256.sign($0, key: $1).prefix(16)) }
        #expect(refusal(token, secret: [7]) == .malformed)
    }

    @Test func namedKeyOfTheRingSigns() throws {
        let signer = TokenSigner(keys: [TokenKey(id: "new", secret: [1]), TokenKey(id: "old", secret: [2])])
        let claims = TokenClaims(
            subject: "0190b5d8-7c4e-7a3b-9f00-1234567890ab", tokenID: "j", type: .access, family: "f",
            issuedAt: Self.now.seconds, expiresAt: Self.now.seconds + 9)
        let old = TokenSigner(keys: [TokenKey(id: "old", secret: [2])]).sign(claims)
        #expect(signer.sign(claims, keyID: "old") == old && signer.sign(claims) != old)
        #expect(signer.sign(claims, keyID: "gone") == signer.sign(claims) && signer.signingKeyID == "new")
        #expect(try signer.verify(old, at: Self.now, expecting: .access) == claims)
    }
}
