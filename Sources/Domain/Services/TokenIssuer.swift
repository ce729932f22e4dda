import Base
import Contract
package import Crypto

/// Makes and reads the product's two kinds of JWT.
package struct TokenIssuer: Sendable {
    private let signer: TokenSigner
    private let accessLifetime: Duration
    private let refreshLifetime: Duration

    package init(signer: TokenSigner, accessLifetime: Duration, refreshLifetime: Duration) {
        self.signer = signer
        self.accessLifetime = accessLifetime
        self.refreshLifetime = refreshLifetime
    }

    func newRefreshToken(at now: Timestamp) -> RefreshToken {
        let issued = Timestamp(seconds: now.seconds)
        return RefreshToken(
            id: .random(), issued: issued, expires: issued + refreshLifetime, keyID: signer.signingKeyID)
    }

    /// The refresh token's text and the access token that goes with it: the same `refresh` always gives the same bytes,
    /// as long as its key is held.
    func pair(user: UserID, family: TokenFamilyID, refresh: RefreshToken) -> TokenPair {
        let access = RefreshToken(
            id: Self.accessToken(of: refresh.id), issued: refresh.issued, expires: refresh.issued + accessLifetime,
            keyID: refresh.keyID)
        return TokenPair(
            access: sign(access, type: .access, user: user, family: family),
            refresh: sign(refresh, type: .refresh, user: user, family: family), accessLifetime: accessLifetime)
    }

    /// The id of the access token that is given out with a refresh token: it follows from that one's id, so that the use
    /// of either is known without storing both.
    static func accessToken(of refresh: TokenID) -> TokenID {
        let digest = Digest.sha256(Array("access token of \(refresh)".utf8))
        let halves = [digest[0..<8], digest[8..<16]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        // Version 8, a UUID of our own making (RFC 9562 section 5.8).
        return TokenID(
            high: halves[0] & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: halves[1] & 0x3FFF_FFFF_FFFF_FFFF | 1 << 63)
    }

    /// Reads a token.
    ///
    /// - Throws: `.tokenInvalid` or `.tokenExpired`.
    func verify(_ text: String, expecting type: TokenType, at now: Timestamp) throws(ErrorAnswer) -> VerifiedToken {
        let claims: TokenClaims
        do {
            claims = try signer.verify(text, at: now, expecting: type)
        } catch {
            throw ErrorAnswer(error == .expired ? .tokenExpired : .tokenInvalid)
        }
        guard let user = UserID(claims.subject), let token = TokenID(claims.tokenID),
            let family = TokenFamilyID(claims.family)
        else { throw ErrorAnswer(.tokenInvalid) }
        return VerifiedToken(
            userID: user, tokenID: token, family: family, expires: Timestamp(seconds: claims.expiresAt))
    }

    private func sign(_ token: RefreshToken, type: TokenType, user: UserID, family: TokenFamilyID) -> String {
        signer.sign(
            TokenClaims(
                subject: user.description, tokenID: token.id.description, type: type, family: family.description,
                issuedAt: token.issued.seconds, expiresAt: token.expires.seconds), keyID: token.keyID)
    }
}

/// The claims of a token whose signature and expiry were checked.
struct VerifiedToken {
    let userID: UserID
    let tokenID: TokenID
    let family: TokenFamilyID
    let expires: Timestamp
}

/// The two tokens a client gets.
package struct TokenPair: Sendable {
    package let access: String
    package let refresh: String
    package let accessLifetime: Duration
}
