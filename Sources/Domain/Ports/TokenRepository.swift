package import Base
package import Contract

/// Token families and what a request's token is worth, in the main database.
package protocol TokenRepository {
    func insertFamily(_ id: TokenFamilyID, user: UserID, current: RefreshToken, at now: Timestamp) throws(ErrorAnswer)

    /// The family, its row locked until the transaction ends.
    func lockFamily(_ id: TokenFamilyID) throws(ErrorAnswer) -> TokenFamily?

    /// Makes `next` the family's current token and the one before it `previous`.
    func rotate(_ id: TokenFamilyID, to next: RefreshToken, at now: Timestamp) throws(ErrorAnswer)

    /// The successor, or its access token, was used: the one before it is no longer answered.
    func endGrace(_ id: TokenFamilyID, of successor: TokenID) throws(ErrorAnswer)

    /// Ends all tokens of the family.
    func revokeFamily(_ id: TokenFamilyID, at now: Timestamp) throws(ErrorAnswer)
    /// Ends all tokens of the user.
    func revokeFamilies(of user: UserID, at now: Timestamp) throws(ErrorAnswer)

    /// User, revocation and, when a tenant is given, membership: one round trip. Nil when family or user are unknown.
    func facts(family: TokenFamilyID, user: UserID, tenant: TenantID?) throws(ErrorAnswer) -> AccessFacts?

    /// Forgets families that ended before `time`; how many.
    func pruneFamilies(endedBefore time: Timestamp) throws(ErrorAnswer) -> Int
}
