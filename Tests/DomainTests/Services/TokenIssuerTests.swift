import Base
import Contract
import Crypto
import Testing

@testable import Domain

@Suite struct TokenIssuerTests {
    private let now = Timestamp(microseconds: 1_800_000_000_999_999)
    private let issuer = TokenIssuer(
        signer: TokenSigner(keys: [TokenKey(id: "k", secret: [UInt8](repeating: 1, count: 32))]),
        accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800))

    @Test func sameRefreshTokenGivesTheSameText() {
        let refresh = issuer.newRefreshToken(at: now)
        let user = UserID.random()
        let family = TokenFamilyID.random()
        let first = issuer.pair(user: user, family: family, refresh: refresh)
        let second = issuer.pair(user: user, family: family, refresh: refresh)
        #expect(first.refresh == second.refresh && first.access == second.access && first.access != first.refresh)
    }

    @Test func textStaysTheSameWhenAnotherKeyBeganToSign() throws {
        let old = TokenKey(id: "k", secret: [UInt8](repeating: 1, count: 32))
        let new = TokenKey(id: "n", secret: [UInt8](repeating: 2, count: 32))
        let later = TokenIssuer(
            signer: TokenSigner(keys: [new, old]), accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800))
        let refresh = issuer.newRefreshToken(at: now)
        let user = UserID.random()
        let family = TokenFamilyID.random()
        let before = issuer.pair(user: user, family: family, refresh: refresh)
        let after = later.pair(user: user, family: family, refresh: refresh)
        #expect(before.refresh == after.refresh && before.access == after.access)
        #expect(later.newRefreshToken(at: now).keyID == "n" && refresh.keyID == "k")
    }

    @Test func storedRefreshTokenHasWholeSeconds() {
        let refresh = issuer.newRefreshToken(at: now)
        #expect(refresh.issued == Timestamp(seconds: 1_800_000_000))
        #expect(refresh.expires == Timestamp(seconds: 1_800_604_800))
    }

    @Test func claimsSurviveTheirRoundTrip() throws {
        let refresh = issuer.newRefreshToken(at: now)
        let user = UserID.random()
        let family = TokenFamilyID.random()
        let pair = issuer.pair(user: user, family: family, refresh: refresh)
        let read = try issuer.verify(pair.refresh, expecting: .refresh, at: now)
        #expect(read.userID == user && read.family == family && read.tokenID == refresh.id)
        #expect(read.expires == refresh.expires)
        #expect(
            try issuer.verify(pair.access, expecting: .access, at: now).expires == Timestamp(seconds: 1_800_000_900))
    }

    @Test func tokenWhoseIdsAreNoneIsInvalid() {
        let signer = TokenSigner(keys: [TokenKey(id: "k", secret: [UInt8](repeating: 1, count: 32))])
        let text = signer.sign(
            TokenClaims(
                subject: UserID.random().description, tokenID: "7", type: .access, family: "8",
                issuedAt: now.seconds, expiresAt: now.seconds + 9))
        #expect(throws: ErrorAnswer(.tokenInvalid)) { try issuer.verify(text, expecting: .access, at: now) }
    }
}
