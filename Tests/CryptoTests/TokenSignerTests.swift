import Base
import Crypto
import Testing

@Suite struct TokenSignerTests {
    private static let secret = Array("0123456789abcdef0123456789abcdef".utf8)
    private static let user = "0190b5d8-7c4e-7a3b-9f00-1234567890ab"
    private let signer = TokenSigner(keys: [TokenKey(id: "k1", secret: secret)])
    private let now = Timestamp(seconds: 1_800_000_000)

    private func claims(_ type: TokenType = .access, issued: Int64 = 0, lifetime: Int64 = 900) -> TokenClaims {
        TokenClaims(
            subject: Self.user, tokenID: "jti-1", type: type, family: "fam-1", issuedAt: now.seconds + issued,
            expiresAt: now.seconds + issued + lifetime)
    }

    /// A token of any header and claims, signed with a secret.
    private func forge(_ header: String, _ claims: String, secret: [UInt8] = secret) -> String {
        let signed = Base64.encodeURLSafe(header.utf8) + "." + Base64.encodeURLSafe(claims.utf8)
        return signed + "." + Base64.encodeURLSafe(HMACSHA256.sign(Array(signed.utf8), key: secret))
    }

    private func verify(_ token: String) throws(TokenError) -> TokenClaims {
        try signer.verify(token, at: now, expecting: .access)
    }

    private static let header = #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#
    private static let body =
        #"{"sub":"\#(user)","jti":"jti-1","type":"access","family":"fam-1","iat":1800000000,"exp":1800000900}"#

    @Test func signedTokenVerifies() throws {
        let token = signer.sign(claims())
        #expect(token == forge(Self.header, Self.body))
        #expect(try verify(token) == claims())
    }

    @Test func otherLayoutOfTheSameJSONVerifies() throws {
        let body = #"""
            { "exp" : 1800000900, "iat":1800000000, "type":"access", "family":"fam-1", "jti":"jti-\u0031",
              "sub":"\#(Self.user)" }
            """#
        #expect(try verify(forge(#"{"typ":"JWT", "alg":"HS256","kid":"k1"}"#, body)) == claims())
    }

    @Test func odderNamesSurviveTheirRoundTrip() throws {
        let odd = TokenClaims(
            subject: Self.user.uppercased(), tokenID: "a\"b\\c\n\u{E9}", type: .access, family: "f",
            issuedAt: now.seconds, expiresAt: now.seconds + 1)
        #expect(try verify(signer.sign(odd)) == odd)
    }

    @Test func changeOfAnyByteIsRefused() {
        let token = Array(signer.sign(claims()).utf8)
        for index in token.indices {
            for change: UInt8 in [1, 2, 4, 0x20] {
                var changed = token
                changed[index] ^= change
                #expect(throws: TokenError.malformed) { try verify(String(decoding: changed, as: UTF8.self)) }
            }
        }
    }

    @Test func cutOrLengthenedTokensAreRefused() {
        let token = signer.sign(claims())
        for count in 0..<token.count {
            #expect(throws: TokenError.malformed) { try verify(String(token.prefix(count))) }
        }
        for extra in ["=", ".", ".x", "A", " ", "\n", "\u{0}"] {
            #expect(throws: TokenError.malformed) { try verify(token + extra) }
            #expect(throws: TokenError.malformed) { try verify(extra + token) }
        }
    }

    @Test(arguments: [
        #"{"alg":"none","kid":"k1","typ":"JWT"}"#, #"{"alg":"None","kid":"k1","typ":"JWT"}"#,
        #"{"alg":"HS384","kid":"k1","typ":"JWT"}"#, #"{"alg":"RS256","kid":"k1","typ":"JWT"}"#,
        #"{"alg":"hs256","kid":"k1","typ":"JWT"}"#, #"{"alg":["HS256"],"kid":"k1","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"k2","typ":"JWT"}"#, #"{"alg":"HS256","kid":"","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":1,"typ":"JWT"}"#, #"{"alg":"HS256","kid":"k1","typ":"JWE"}"#,
        #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","kid":"k1"}"#, #"{"kid":"k1","typ":"JWT"}"#,
        #"{"alg":"HS256","kid":"k1","typ":"JWT","crit":["exp"]}"#,
        #"{"alg":"HS256","kid":"k1","typ":"JWT","jku":"https://example.com"}"#,
        "{}", "[]", "null", "", "HS256", #""HS256""#,
    ])
    func otherHeadersAreRefused(header: String) {
        #expect(throws: TokenError.malformed) { try verify(forge(header, Self.body)) }
    }

    @Test func algorithmNoneWithoutSignatureIsRefused() {
        let unsigned =
            Base64.encodeURLSafe(#"{"alg":"none","typ":"JWT"}"#.utf8) + "." + Base64.encodeURLSafe(Self.body.utf8)
        for token in [unsigned, unsigned + ".", unsigned + ".AA"] {
            #expect(throws: TokenError.malformed) { try verify(token) }
        }
    }

    /// Each replaces a part of a good body.
    @Test(arguments: [
        (#""sub":"0190b5d8-7c4e-7a3b-9f00-1234567890ab","#, ""), (#""jti":"jti-1","#, ""), (#""type":"access","#, ""),
        (#""family":"fam-1","#, ""), (#""iat":1800000000,"#, ""), (#","exp":1800000900"#, ""),
        ("0190b5d8", "0190b5d"), (#""jti-1""#, #""""#), (#""jti-1""#, "1"), (#""fam-1""#, "null"),
        (#""access""#, #""refresh""#), (#""access""#, #""admin""#), (#""access""#, #""ACCESS""#),
        ("1800000900", #""1800000900""#), ("1800000900", "1800000900.5"), ("1800000900", "1800000000"),
        ("1800000900", "-1"), ("1800000900", "9223372036854775807"), ("1800000900", "99999999999999999999"),
        ("1800000900", "true"), ("1800000000", "-5"), ("1800000000", "1800000061"), ("}", #","admin":true}"#),
        ("}", #","nbf":0}"#), ("{", "[{"), ("}", "}]"), ("}", "} x"), ("}", ""),
    ])
    func missingOrOddClaimsAreRefused(part: String, replacement: String) throws {
        let range = try #require(Self.body.firstRange(of: part))
        var body = Self.body
        body.replaceSubrange(range, with: replacement)
        #expect(throws: TokenError.malformed) { try verify(forge(Self.header, body)) }
    }

    @Test func wrongSecretIsRefused() {
        #expect(throws: TokenError.malformed) { try verify(forge(Self.header, Self.body, secret: Array("x".utf8))) }
        #expect(throws: TokenError.malformed) { try verify(forge(Self.header, Self.body, secret: [])) }
    }

    @Test func typesAreNotInterchangeable() throws {
        let refresh = signer.sign(claims(.refresh))
        #expect(throws: TokenError.malformed) { try verify(refresh) }
        #expect(try signer.verify(refresh, at: now, expecting: .refresh).type == .refresh)
    }

    @Test func tokenEndsAtItsExpiry() throws {
        let token = signer.sign(claims(lifetime: 10))
        #expect(try signer.verify(token, at: now + .seconds(9), expecting: .access).expiresAt == now.seconds + 10)
        #expect(throws: TokenError.expired) { try signer.verify(token, at: now + .seconds(10), expecting: .access) }
        let lenient = TokenSigner(keys: [TokenKey(id: "k1", secret: Self.secret)], skewSeconds: 60)
        #expect(try lenient.verify(token, at: now + .seconds(69), expecting: .access).family == "fam-1")
        #expect(throws: TokenError.expired) { try lenient.verify(token, at: now + .seconds(70), expecting: .access) }
    }

    @Test func expiredAndWrongIsMalformed() {
        let later = now + .seconds(10_000)
        let forged = forge(Self.header, Self.body, secret: [1])
        #expect(throws: TokenError.malformed) { try signer.verify(forged, at: later, expecting: .access) }
        #expect(throws: TokenError.malformed) {
            try signer.verify(signer.sign(claims(.refresh)), at: later, expecting: .access)
        }
    }

    @Test func issueAMinuteAheadIsTolerated() throws {
        #expect(try verify(signer.sign(claims(issued: 60))).issuedAt == now.seconds + 60)
        #expect(throws: TokenError.malformed) { try verify(signer.sign(claims(issued: 61))) }
    }

    @Test func oversizeIsRefused() {
        let long = TokenClaims(
            subject: Self.user, tokenID: String(repeating: "j", count: 129), type: .access, family: "f",
            issuedAt: now.seconds, expiresAt: now.seconds + 10)
        #expect(throws: TokenError.malformed) { try verify(signer.sign(long)) }
        let padding = String(repeating: " ", count: 4096)
        #expect(throws: TokenError.malformed) { try verify(forge(Self.header, Self.body + padding)) }
    }

    @Test func rotationKeepsOldTokensAlive() throws {
        let old = TokenKey(secret: Self.secret)
        let new = TokenKey(secret: Self.secret.reversed())
        #expect(old.id != new.id)
        #expect(old.id.count == 16)
        let before = TokenSigner(keys: [old])
        let during = TokenSigner(keys: [new, old])
        let after = TokenSigner(keys: [new])
        let token = before.sign(claims())
        #expect(try during.verify(token, at: now, expecting: .access) == claims())
        #expect(throws: TokenError.malformed) { try after.verify(token, at: now, expecting: .access) }
        #expect(try after.verify(during.sign(claims()), at: now, expecting: .access) == claims())
    }
}
