import Base
import Contract
import Crypto
import Domain
import TestSupport
import Testing

@Suite struct LoginThrottleTests {
    private let product: InMemoryProduct
    private let auth: AuthService
    private let ada: User

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        auth = AuthService(
            data: product.data,
            passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 8),
            tokens: TokenIssuer(
                signer: TokenSigner(keys: [TokenKey(id: "1", secret: [1])]), accessLifetime: .seconds(9),
                refreshLifetime: .seconds(99)), clock: product.clock,
            throttle: LoginThrottle(perAccount: 3, perAddress: 6))
    }

    /// Tries a login; the code of the refusal, and the seconds to wait.
    private func attempt(
        _ email: String = "ada@example.com", _ password: String = "wrong", from address: String = "192.0.2.1"
    ) -> (code: ErrorCode?, wait: Int64?) {
        do throws(ErrorAnswer) {
            _ = try auth.login(
                email: EmailAddress(stored: email), password: password,
                from: RequestOrigin(address: address, requestID: "r"))
            return (nil, nil)
        } catch {
            return (error.code, error.details["retry_after"]?.integer)
        }
    }

    private func right(from address: String = "192.0.2.1") -> ErrorCode? {
        attempt("ada@example.com", InMemoryProduct.password, from: address).code
    }

    @Test func waitsGrowAndTheRightPasswordEndsThem() {
        for _ in 0..<3 { #expect(attempt().code == .invalidCredentials) }
        for wait in [1, 2, 4, 8] as [Int64] {
            #expect(attempt() == (.rateLimited, wait))
            #expect(right() == .rateLimited)
            product.clock.advance(by: .seconds(wait))
            #expect(attempt().code == .invalidCredentials)
        }
        product.clock.advance(by: .seconds(16))
        #expect(right() == nil)
        for _ in 0..<3 { #expect(attempt().code == .invalidCredentials) }
    }

    @Test func noWaitIsLongerThanFiveMinutes() {
        for _ in 0..<30 {
            _ = attempt()
            product.clock.advance(by: .seconds(300))
            #expect(attempt("ada@example.com", "wrong").code == .invalidCredentials)
            #expect((attempt().wait ?? 0) <= 300)
            product.clock.advance(by: .seconds(300))
        }
        #expect(right() == nil)
    }

    @Test func unknownUsersAreThrottledTheSame() {
        for _ in 0..<3 { #expect(attempt("nobody@example.com").code == .invalidCredentials) }
        #expect(attempt("nobody@example.com") == (.rateLimited, 1))
    }

    @Test func ownersAddressIsNotKeptOutByStrangers() {
        #expect(right() == nil)
        for number in 0..<40 { _ = attempt(from: "198.51.100.\(number)") }
        #expect(attempt(from: "203.0.113.9").code == .rateLimited)
        #expect(right() == nil)
    }

    @Test func oneAddressCannotTryManyAccounts() {
        for number in 0..<6 { #expect(attempt("user\(number)@example.com").code == .invalidCredentials) }
        #expect(attempt("user7@example.com").code == .rateLimited)
        #expect(attempt("user7@example.com", from: "192.0.2.2").code == .invalidCredentials)
    }

    @Test func ownLoginsDoNotWashAnAddressClean() {
        for number in 0..<5 {
            #expect(attempt("user\(number)@example.com").code == .invalidCredentials)
            #expect(right() == nil)
        }
        _ = attempt("user6@example.com")
        #expect(attempt("user7@example.com").code == .rateLimited)
    }

    @Test func attemptsAreForgottenAfterAnHour() {
        for _ in 0..<3 { _ = attempt() }
        product.clock.advance(by: .seconds(3600))
        for _ in 0..<3 { #expect(attempt().code == .invalidCredentials) }
    }

    @Test func presentPasswordCannotBeGuessedEither() throws {
        let origin = RequestOrigin(address: "192.0.2.1", requestID: "r")
        let session = Session(
            userID: ada.id, tokenID: "t", family: .random(), expires: product.clock.now(), origin: origin)
        let new = try Password("another horse 2")
        for _ in 0..<3 {
            #expect(
                refusal { try auth.changePassword(of: session, current: "wrong", new: new) } == .validationError)
        }
        #expect(
            refusal { try auth.changePassword(of: session, current: InMemoryProduct.password, new: new) }
                == .rateLimited)
    }

    @Test func housekeepingForgets() throws {
        #expect(right() == nil)
        _ = attempt()
        let forgotten = try product.data.inMain(.write) { [now = product.clock.now()] main throws(ErrorAnswer) in
            try main.logins.prune(attemptsBefore: now + .seconds(1), addressesBefore: now)
        }
        #expect(forgotten == 1)
    }
}
