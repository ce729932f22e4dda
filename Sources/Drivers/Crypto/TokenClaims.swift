package import Base

/// What a token says (RFC 7519 section 4).
package struct TokenClaims: Equatable, Sendable {
    /// `sub`: the user's id, as UUID text.
    package let subject: String
    /// `jti`: the token's own id.
    package let tokenID: String
    package let type: TokenType
    /// The login that this token descends from.
    package let family: String
    /// `iat`, in seconds since 1970.
    package let issuedAt: Int64
    /// `exp`, in seconds since 1970: the first second in which the token is void.
    package let expiresAt: Int64

    package init(
        subject: String, tokenID: String, type: TokenType, family: String, issuedAt: Int64, expiresAt: Int64
    ) {
        self.subject = subject
        self.tokenID = tokenID
        self.type = type
        self.family = family
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// Reads exactly the six members that `write` makes; nil when one is missing, of another type, or too many.
    init?(_ json: JSONValue) {
        guard let members = json.object, members.count == 6,
            let subject = members["sub"]?.string, let tokenID = members["jti"]?.string,
            let type = members["type"]?.string.flatMap(TokenType.init(rawValue:)),
            let family = members["family"]?.string,
            let issuedAt = members["iat"]?.integer, let expiresAt = members["exp"]?.integer
        else { return nil }
        self.init(
            subject: subject, tokenID: tokenID, type: type, family: family, issuedAt: issuedAt, expiresAt: expiresAt)
    }

    /// Whether the values make sense: a UUID, short names, times in order.
    var isSound: Bool {
        Identifier<TokenClaims>(subject) != nil && Self.isName(tokenID) && Self.isName(family)
            && issuedAt >= 0 && expiresAt > issuedAt && expiresAt <= Self.latestTime
    }

    /// The year 9999's end; what is later would overflow sums.
    private static let latestTime: Int64 = 253_402_300_800

    private static func isName(_ text: String) -> Bool { (1...128).contains(text.utf8.count) }
}

extension TokenClaims: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("sub", subject)
            json.member("jti", tokenID)
            json.member("type", type.rawValue)
            json.member("family", family)
            json.member("iat", issuedAt)
            json.member("exp", expiresAt)
        }
    }
}
