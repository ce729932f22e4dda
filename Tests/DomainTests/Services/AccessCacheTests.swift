import Base
import Contract
import Crypto
import Domain
import TestSupport
import Testing

@Suite struct AccessCacheTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let session: Session
    private let auth: AuthService
    /// What has changed by another process, and the monotonic time, in the test's hand.
    private let changes = Condition<UInt64>(0)
    private let now = Condition(ContinuousClock.now)

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        session = try product.session(ada)
        let (changes, now) = (changes, now)
        let signer = TokenSigner(keys: [TokenKey(id: "1", secret: [UInt8](repeating: 7, count: 32))])
        auth = AuthService(
            data: product.data,
            passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 1),
            tokens: TokenIssuer(signer: signer, accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800)),
            clock: product.clock,
            cache: AccessCache(generation: { changes.withLock { $0 } }, now: { now.withLock { $0 } }))
    }

    private func reads(_ tenant: TenantID? = nil) -> ErrorCode? {
        refusal { try auth.authorize(session, tenant: tenant, onlyReads: true) }
    }

    @Test func readsGoOnWithoutTheDatabaseForAWhile() throws {
        #expect(reads(acme.tenant.id) == nil)
        product.data.setCut(true)
        #expect(reads(acme.tenant.id) == nil)
        #expect(reads() == .serviceUnavailable)  // another question
        now.withLock { $0 += AccessCache.lifetime }
        #expect(reads(acme.tenant.id) == .serviceUnavailable)
    }

    @Test func changeThatWasToldHoldsAtOnce() throws {
        #expect(reads() == nil)
        #expect(reads(acme.tenant.id) == nil)
        try product.auth.logout(session)
        changes.withLock { $0 += 1 }
        #expect(reads() == .tokenRevoked)
        #expect(reads(acme.tenant.id) == .tokenRevoked)
    }

    @Test func changeThatNobodyToldHoldsAfterTheLifetime() throws {
        #expect(reads() == nil)
        try product.auth.logout(session)
        #expect(reads() == nil)
        now.withLock { $0 += AccessCache.lifetime }
        #expect(reads() == .tokenRevoked)
    }

    @Test func changesAreNeverMadeOnWhatIsRemembered() throws {
        #expect(reads() == nil)
        try product.auth.logout(session)
        #expect(refusal { try auth.authorize(session, tenant: nil) } == .tokenRevoked)
    }

    @Test func refusalsAreNotKept() throws {
        let bob = try product.register("bob")
        let session = try product.session(bob)
        let id = acme.tenant.id
        #expect(refusal { try auth.authorize(session, tenant: id, onlyReads: true) } == .tenantNotFound)
        _ = try product.join(bob, as: .viewer, acme)
        #expect(refusal { try auth.authorize(session, tenant: id, onlyReads: true) } == nil)
    }

    @Test func sessionsAndTenantsAreKeptApart() throws {
        let eve = try product.register("eve")
        let other = try product.tenant("Other", by: eve)
        #expect(reads(acme.tenant.id) == nil)
        #expect(reads(other.tenant.id) == .tenantNotFound)
        let eves = try product.session(eve)
        #expect(refusal { try auth.authorize(eves, tenant: acme.tenant.id, onlyReads: true) } == .tenantNotFound)
        let forged = Session(userID: eve.id, tokenID: session.tokenID, family: session.family, expires: session.expires)
        #expect(refusal { try auth.authorize(forged, tenant: nil, onlyReads: true) } == .tokenRevoked)
    }

    @Test func resultOfAQueryThatAChangeOvertookIsNotKept() throws {
        let changes = changes
        let cache = AccessCache(generation: { changes.withLock { $0 } })
        let found = AccessFacts(user: ada, isRevoked: false, membership: nil)
        var asked = 0
        func ask() throws -> AccessFacts? {
            try cache.facts(of: session, tenant: nil) { () throws(ErrorAnswer) in
                asked += 1
                // The change is committed and told while the query is on its way back.
                if asked == 1 { changes.withLock { $0 += 1 } }
                return found
            }
        }
        _ = try ask()
        _ = try ask()
        #expect(asked == 2)
    }

    @Test func oneRequestAsksAnewInGoodTimeWhileOthersGoOn() throws {
        let now = now
        let cache = AccessCache(generation: { 0 }, now: { now.withLock { $0 } })
        let found = AccessFacts(user: ada, isRevoked: false, membership: nil)
        var asked = 0
        func ask(_ meanwhile: () throws -> Void = {}) throws {
            var failure: (any Error)?
            _ = try cache.facts(of: session, tenant: nil) { () throws(ErrorAnswer) in
                asked += 1
                do { try meanwhile() } catch { failure = error }
                return found
            }
            if let failure { throw failure }
        }
        try ask()
        now.withLock { $0 += AccessCache.lifetime / 2 }
        try ask { for _ in 1...3 { try ask() } }
        #expect(asked == 2)
        // What it found is good for a life of its own.
        now.withLock { $0 += AccessCache.lifetime / 2 - .milliseconds(1) }
        try ask()
        #expect(asked == 2)
    }

    @Test func entryIsNotKeptLongerByARenewalThatFails() throws {
        #expect(reads() == nil)
        now.withLock { $0 += AccessCache.lifetime / 2 }
        product.data.setCut(true)
        #expect(reads() == .serviceUnavailable)
        #expect(reads() == nil)
        now.withLock { $0 += AccessCache.lifetime / 2 }
        #expect(reads() == .serviceUnavailable)
    }
}
