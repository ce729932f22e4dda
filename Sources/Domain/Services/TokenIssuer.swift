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
        return RefreshToken(id: .random(), issued: issued, expires: issued + refreshLifetime)
    }

    /// A new access token beside the refresh token's text; the same `refresh` always gives the same text.
    func pair(user: UserID, family: TokenFamilyID, refresh: RefreshToken, at now: Timestamp) -> TokenPair {
        let access = RefreshToken(
            id: .random(), issued: Timestamp(seconds: now.seconds),
            expires: Timestamp(seconds: now.seconds) + accessLifetime)
        return TokenPair(
            access: sign(access, type: .access, user: user, family: family),
            refresh: sign(refresh, type: .refresh, user: user, family: family), accessLifetime: accessLifetime)
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
                issuedAt: token.issued.seconds, expiresAt: token.expires.seconds))
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
