import Base
import Contract
import Crypto
import Domain
import TestSupport
import Testing

@Suite struct AuthServiceTests {
    private let product: InMemoryProduct
    private let ada: User

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
    }

    /// The services of a host where passwords are hashed at another cost.
    private func auth(cost: Int, waiting: Int = 9) -> AuthService {
        AuthService(
            data: product.data,
            passwords: PasswordService(hasher: PasswordHasher(cost: cost), threads: 1, waiting: waiting),
            tokens: TokenIssuer(
                signer: TokenSigner(keys: [TokenKey(id: "1", secret: [1])]), accessLifetime: .seconds(9),
                refreshLifetime: .seconds(99)), clock: product.clock)
    }

    private func login(_ password: String) -> ErrorCode? {
        refusal { try product.auth.login(email: ada.email, password: password) }
    }

    @Test func registeredUserIsActiveAndLogsIn() throws {
        let login = try product.login(ada)
        #expect(login.user == ada && ada.isActive && ada.createdAt == product.clock.now())
        #expect(login.memberships.isEmpty && login.tokens.accessLifetime == .seconds(900))
    }

    @Test func emailIsTakenOnceInAnyCase() throws {
        #expect(
            refusal {
                try product.auth.register(
                    firstName: PersonName("A"), lastName: PersonName("B"), email: EmailAddress("ADA@Example.com"),
                    password: Password(InMemoryProduct.password))
            } == .emailTaken)
    }

    @Test func unknownUserWrongPasswordAndInactiveUserAreOneAnswer() throws {
        let other = try product.register("eve")
        try product.deactivate(other)
        var answers: [ErrorAnswer] = []
        for (email, password) in [
            ("nobody@example.com", InMemoryProduct.password), ("ada@example.com", "wrong password 1"),
            ("eve@example.com", InMemoryProduct.password), ("ada@example.com", ""), ("nobody@example.com", "a\u{0}b"),
        ] {
            do throws(ErrorAnswer) {
                _ = try product.auth.login(email: EmailAddress(stored: email), password: password)
            } catch {
                answers.append(error)
            }
        }
        #expect(answers == Array(repeating: ErrorAnswer(.invalidCredentials), count: 5))
        #expect(product.data.liveFamilies == 0)
    }

    @Test func passwordBeyondBcryptsLimitWorksInFull() throws {
        let long = String(repeating: "a1", count: 60)
        let user = try product.auth.register(
            firstName: PersonName("L"), lastName: PersonName("L"), email: EmailAddress("long@example.com"),
            password: Password(long))
        #expect(refusal { try product.auth.login(email: user.email, password: long) } == nil)
        #expect(
            refusal { try product.auth.login(email: user.email, password: String(long.dropLast()) + "x") }
                == .invalidCredentials)
    }

    @Test func loginTellsTheTenantsThatCanBeEntered() throws {
        let open = try product.tenant("Open", by: ada)
        product.clock.advance(by: .seconds(1))
        let shut = try product.tenant("Shut", by: ada)
        product.clock.advance(by: .seconds(1))
        let newest = try product.tenant("Newest", by: ada)
        try product.setState(.suspended, suspendedBy: .operator, of: shut.tenant.id)
        #expect(try product.login(ada).memberships.map(\.tenant.id) == [newest.tenant.id, open.tenant.id])
    }

    @Test func risenCostRehashesAtTheNextLogin() throws {
        let costlier = auth(cost: 5)
        func hash() throws -> String? {
            try product.data.inMain(.read) { [ada] main throws(ErrorAnswer) in
                try main.users.findPasswordHash(ada.id)
            }
        }
        #expect(try hash()?.hasPrefix("$2b$04$") == true)
        _ = try costlier.login(email: ada.email, password: InMemoryProduct.password)
        #expect(try hash()?.hasPrefix("$2b$05$") == true)
        #expect(login(InMemoryProduct.password) == nil)
    }

    @Test func changedPasswordEndsEverySession() throws {
        let session = try product.session(ada)
        let other = try product.login(ada)
        try product.auth.changePassword(
            of: session, current: InMemoryProduct.password, new: Password("another horse 2"))
        #expect(refusal { try product.auth.authorize(session, tenant: nil) } == .tokenRevoked)
        #expect(refusal { try product.auth.refresh(other.tokens.refresh) } == .tokenRevoked)
        #expect(login(InMemoryProduct.password) == .invalidCredentials)
        #expect(login("another horse 2") == nil)
    }

    @Test func passwordThatWasMadeUpOpensNothingForLong() throws {
        let email = try EmailAddress("eve@example.com")
        let made = try Password("made up for eve 1")
        _ = try product.auth.register(
            firstName: PersonName("E"), lastName: PersonName("V"), email: email, password: made,
            passwordLifetime: .seconds(100))
        func login(_ auth: AuthService, _ password: Password) -> ErrorCode? {
            refusal { try auth.login(email: email, password: password.text) }
        }
        product.clock.advance(by: .seconds(99))
        #expect(login(product.auth, made) == nil)
        #expect(login(auth(cost: 5), made) == nil, "stored anew at a higher cost")
        product.clock.advance(by: .seconds(1))
        #expect(login(product.auth, made) == .invalidCredentials)
    }

    @Test func passwordThatItsUserChoseStaysValid() throws {
        let operators = UserOperator(
            data: product.data, passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 9),
            clock: product.clock)
        try operators.setPassword(Password("made up for ada 1"), of: ada.id, lifetime: .seconds(100))
        let session = try product.auth.session(
            accessToken: product.auth.login(email: ada.email, password: "made up for ada 1").tokens.access)
        try product.auth.changePassword(
            of: session, current: "made up for ada 1", new: Password("another horse 2"))
        product.clock.advance(by: .seconds(1_000_000))
        #expect(login("another horse 2") == nil)
    }

    @Test func wrongPresentPasswordChangesNothing() throws {
        let session = try product.session(ada)
        #expect(
            throws: InvalidValue("is not the present password").answer(field: "current_password")
        ) { try product.auth.changePassword(of: session, current: "nope", new: Password("another horse 2")) }
        #expect(login(InMemoryProduct.password) == nil)
        #expect(refusal { try product.auth.authorize(session, tenant: nil) } == nil)
    }

    @Test func loginWithAPasswordThatIsChangedMeanwhileFails() throws {
        let session = try product.session(ada)
        product.data.beforeNextMainWrite {
            try? product.auth.changePassword(
                of: session, current: InMemoryProduct.password, new: Password("another horse 2"))
        }
        #expect(login(InMemoryProduct.password) == .invalidCredentials)
        #expect(product.data.liveFamilies == 0)
    }

    @Test func loginWithAPasswordThatIsRehashedMeanwhileSucceeds() throws {
        let costlier = auth(cost: 5)
        product.data.beforeNextMainWrite { [ada] in
            #expect(throws: Never.self) {
                try costlier.login(email: ada.email, password: InMemoryProduct.password)
            }
        }
        #expect(login(InMemoryProduct.password) == nil)
        #expect(product.data.liveFamilies == 2)
    }

    @Test func passwordThatTheOperatorChangedMeanwhileStays() throws {
        let session = try product.session(ada)
        let operators = UserOperator(
            data: product.data, passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 9),
            clock: product.clock)
        product.data.beforeNextMainWrite { [ada] in
            #expect(throws: Never.self) { try operators.setPassword(Password("given by hand 1"), of: ada.id) }
        }
        #expect(
            throws: InvalidValue("is not the present password").answer(field: "current_password")
        ) {
            try product.auth.changePassword(
                of: session, current: InMemoryProduct.password, new: Password("another horse 2"))
        }
        #expect(login("another horse 2") == .invalidCredentials)
        #expect(login("given by hand 1") == nil)
    }

    @Test func passwordThatIsRehashedMeanwhileIsChangedAllTheSame() throws {
        let session = try product.session(ada)
        let costlier = auth(cost: 5)
        product.data.beforeNextMainWrite { [ada] in
            #expect(throws: Never.self) {
                try costlier.login(email: ada.email, password: InMemoryProduct.password)
            }
        }
        try product.auth.changePassword(
            of: session, current: InMemoryProduct.password, new: Password("another horse 2"))
        #expect(login("another horse 2") == nil)
    }

    @Test func fullQueueIsToldBeforeTheDatabaseIsAsked() throws {
        let full = auth(cost: 4, waiting: 0)
        product.data.setCut(true)
        for isKnown in [true, false] {
            let email = try isKnown ? ada.email : EmailAddress("nobody@example.com")
            let answer = #expect(throws: ErrorAnswer.self) { try full.login(email: email, password: "x") }
            #expect(answer?.code == .serviceUnavailable && answer?.cause == nil)
        }
    }

    @Test func loginsBeyondTheQueueAreRefused() throws {
        let full = auth(cost: 4, waiting: 0)
        #expect(refusal { try full.login(email: ada.email, password: "x") } == .serviceUnavailable)
    }
}
