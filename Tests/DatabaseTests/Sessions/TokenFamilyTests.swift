import Base
import Contract
import Crypto
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct TokenFamilyTests {
        private let fixture: SessionFixture
        private let ada: User

        init() throws {
            fixture = try SessionFixture()
            ada = try fixture.register()
        }

        private func login() throws -> TokenPair {
            try fixture.auth(0).login(email: ada.email, password: InMemoryProduct.password).tokens
        }

        @Test func fiftyRefreshesAtOnceGiveOneSuccessor() throws {
            let first = try login()
            let services = [fixture.auth(0), fixture.auth(1)]
            let pairs = SessionFixture.atOnce(50) { number in
                try? services[number % 2].refresh(first.refresh)
            }
            #expect(pairs.allSatisfy { $0 != nil })
            #expect(Set(pairs.compactMap { $0?.refresh }).count == 1)
            #expect(Set(pairs.compactMap { $0?.access }).count == 1)
            #expect(pairs.first??.refresh != first.refresh)
        }

        @Test func successorIsMadeAgainByAnotherProcessWithAnotherSigningKey() throws {
            let old = TokenKey(id: "old", secret: [1])
            let new = TokenKey(id: "new", secret: [2])
            let first = try fixture.auth(0, keys: [old]).login(email: ada.email, password: InMemoryProduct.password)
            let second = try fixture.auth(0, keys: [old]).refresh(first.tokens.refresh)
            let again = try fixture.auth(1, keys: [new, old]).refresh(first.tokens.refresh)
            #expect(again.refresh == second.refresh && again.access == second.access)
        }

        @Test func useOfTheSuccessorsAccessTokenEndsTheGraceEverywhere() throws {
            let first = try login()
            let second = try fixture.auth(0).refresh(first.refresh)
            let other = fixture.auth(1)
            _ = try other.authorize(try other.session(accessToken: first.access), tenant: nil)
            #expect(try other.refresh(first.refresh).refresh == second.refresh)
            _ = try other.authorize(try other.session(accessToken: second.access), tenant: nil)
            #expect(throws: ErrorAnswer(.tokenRevoked)) { try fixture.auth(0).refresh(first.refresh) }
            #expect(throws: ErrorAnswer(.tokenRevoked)) { try other.refresh(second.refresh) }
        }

        @Test func revocationIsSeenByTheOtherProcessAtOnce() throws {
            let pair = try login()
            let other = fixture.auth(1)
            let session = try other.session(accessToken: pair.access)
            _ = try other.authorize(session, tenant: nil)
            try fixture.auth(0).logout(session)
            #expect(throws: ErrorAnswer(.tokenRevoked)) { try other.authorize(session, tenant: nil) }
        }

        @Test func endedFamiliesArePruned() throws {
            let ended = try login()
            try fixture.auth(0).logout(fixture.auth(0).session(accessToken: ended.access))
            let live = try login()
            let now = fixture.clock.now()
            let pruned = try fixture.data[0].inMain(.write) { main throws(ErrorAnswer) in
                try main.tokens.pruneFamilies(endedBefore: now + .seconds(1))
            }
            #expect(try pruned == 1 && fixture.count("SELECT count(*) FROM token_families") == 1)
            _ = try fixture.auth(1).refresh(live.refresh)
            let expired = try fixture.data[0].inMain(.write) { main throws(ErrorAnswer) in
                try main.tokens.pruneFamilies(endedBefore: now + .seconds(604_801))
            }
            #expect(expired == 1)
        }
    }
}
