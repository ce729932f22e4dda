import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct TokenRotationTests {
    private let product: InMemoryProduct
    private let ada: User
    private let first: TokenPair

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        first = try product.login(ada).tokens
    }

    private func state(of pair: TokenPair) -> ErrorCode? {
        refusal { try product.auth.authorize(product.auth.session(accessToken: pair.access), tenant: nil) }
    }

    @Test func refreshGivesASuccessorThatWorks() throws {
        product.clock.advance(by: .seconds(1))
        let second = try product.auth.refresh(first.refresh)
        #expect(second.refresh != first.refresh && second.access != first.access)
        #expect(state(of: first) == nil && state(of: second) == nil)
        product.clock.advance(by: .seconds(60))
        #expect(refusal { try product.auth.refresh(second.refresh) } == nil)
        #expect(product.data.liveFamilies == 1)
    }

    @Test func lostAnswerIsGivenAgainWithinTheGrace() throws {
        let second = try product.auth.refresh(first.refresh)
        product.clock.advance(by: .milliseconds(9999))
        let again = try product.auth.refresh(first.refresh)
        #expect(again.refresh == second.refresh && again.access == second.access)
        #expect(state(of: again) == nil)
    }

    @Test func graceEndsWhenTheSuccessorsAccessTokenIsUsed() throws {
        let second = try product.auth.refresh(first.refresh)
        #expect(state(of: second) == nil)
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
        #expect(state(of: second) == .tokenRevoked && product.data.liveFamilies == 0)
    }

    @Test func olderAccessTokenDoesNotEndTheGrace() throws {
        let second = try product.auth.refresh(first.refresh)
        #expect(state(of: first) == nil)
        #expect(try product.auth.refresh(first.refresh).refresh == second.refresh)
    }

    @Test func refreshTokenEndsItsFamilyToo() throws {
        let session = try product.auth.session(anyToken: first.refresh)
        try product.auth.logout(session)
        #expect(state(of: first) == .tokenRevoked)
        #expect(refusal { try product.auth.session(anyToken: "x.y.z") } == .tokenInvalid)
    }

    @Test func reuseAfterTheGraceRevokesTheFamily() throws {
        let second = try product.auth.refresh(first.refresh)
        product.clock.advance(by: .seconds(10))
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
        #expect(refusal { try product.auth.refresh(second.refresh) } == .tokenRevoked)
        #expect(state(of: second) == .tokenRevoked)
    }

    @Test func graceEndsWhenTheSuccessorIsUsed() throws {
        let second = try product.auth.refresh(first.refresh)
        _ = try product.auth.refresh(second.refresh)
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
        #expect(product.data.liveFamilies == 0)
    }

    @Test func revokedFamilyLeavesOthersAlone() throws {
        let other = try product.login(ada).tokens
        try product.auth.logout(product.auth.session(accessToken: first.access))
        #expect(state(of: first) == .tokenRevoked)
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
        #expect(state(of: other) == nil)
    }

    @Test func logoutTwiceIsNoError() throws {
        let session = try product.auth.session(accessToken: first.access)
        try product.auth.logout(session)
        #expect(refusal { try product.auth.logout(session) } == nil)
    }

    @Test func tokensOfOneKindAreNotTakenForTheOther() {
        #expect(refusal { try product.auth.refresh(first.access) } == .tokenInvalid)
        #expect(refusal { try product.auth.session(accessToken: first.refresh) } == .tokenInvalid)
        #expect(refusal { try product.auth.session(accessToken: first.access + "x") } == .tokenInvalid)
        #expect(refusal { try product.auth.refresh("") } == .tokenInvalid)
    }

    @Test func tokensExpire() throws {
        product.clock.advance(by: .seconds(899))
        #expect(state(of: first) == nil)
        product.clock.advance(by: .seconds(1))
        #expect(state(of: first) == .tokenExpired)
        product.clock.advance(by: .seconds(604_800 - 901))
        #expect(refusal { try product.auth.refresh(first.refresh) } == nil)
        product.clock.advance(by: .seconds(604_800))
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenExpired)
    }

    @Test func inactiveUsersTokensAreRevoked() throws {
        try product.deactivate(ada)
        #expect(state(of: first) == .tokenRevoked)
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
    }

    @Test func forgottenFamilyIsRevoked() throws {
        try product.data.inMain(.write) { main throws(ErrorAnswer) in
            #expect(try main.tokens.pruneFamilies(endedBefore: Timestamp(seconds: 4_000_000_000)) == 1)
        }
        #expect(state(of: first) == .tokenRevoked)
        #expect(refusal { try product.auth.refresh(first.refresh) } == .tokenRevoked)
    }
}
