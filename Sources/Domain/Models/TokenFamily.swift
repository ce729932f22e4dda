package import Base
package import Contract

/// Tag of the identifiers of token families; it has no values.
package enum TokenFamilyTag {}
package typealias TokenFamilyID = Identifier<TokenFamilyTag>
/// Tag of the identifiers of tokens (`jti`); it has no values.
package enum TokenTag {}
package typealias TokenID = Identifier<TokenTag>

/// All tokens that stem from one login: revoking it ends them all.
package struct TokenFamily: Equatable, Sendable {
    package let id: TokenFamilyID
    package let userID: UserID
    package let isRevoked: Bool
    /// The refresh token that may be used now.
    package let current: RefreshToken
    /// The one before it, which a client that lost the answer may still use for a few seconds.
    package let previous: TokenID?
    package let rotatedAt: Timestamp?

    package init(
        id: TokenFamilyID, userID: UserID, isRevoked: Bool, current: RefreshToken, previous: TokenID?,
        rotatedAt: Timestamp?
    ) {
        self.id = id
        self.userID = userID
        self.isRevoked = isRevoked
        self.current = current
        self.previous = previous
        self.rotatedAt = rotatedAt
    }
}

/// What makes a refresh token; the signed text follows from it.
package struct RefreshToken: Equatable, Sendable {
    package let id: TokenID
    package let issued: Timestamp
    package let expires: Timestamp
    /// The `kid` of the key that signed it.
    package let keyID: String

    package init(id: TokenID, issued: Timestamp, expires: Timestamp, keyID: String) {
        self.id = id
        self.issued = issued
        self.expires = expires
        self.keyID = keyID
    }
}

/// A rotation whose predecessor may still be answered with the successor.
package struct OpenRotation: Equatable, Sendable {
    /// The refresh token that was given out.
    package let successor: TokenID
    package let rotatedAt: Timestamp

    package init(successor: TokenID, rotatedAt: Timestamp) {
        self.successor = successor
        self.rotatedAt = rotatedAt
    }
}
