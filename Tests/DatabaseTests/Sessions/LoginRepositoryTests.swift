import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct LoginRepositoryTests {
        /// The same behaviour of the real tables and of those that the other tests use.
        @Test(arguments: [true, false])
        func attemptsAndAddressesAreKept(isReal: Bool) throws {
            let fixture = try SessionFixture()
            let memory = try InMemoryProduct()
            let data: any UnitOfWork = isReal ? fixture.data[0] : memory.data
            let ada = isReal ? try fixture.register() : try memory.register("ada")
            let now = fixture.clock.now()
            func write<R>(_ body: (any LoginRepository) throws(ErrorAnswer) -> R) throws(ErrorAnswer) -> R {
                try data.inMain(.write) { main throws(ErrorAnswer) in try body(main.logins) }
            }
            let first = LoginAttempts(count: 1, blockedUntil: now, last: now)
            let second = LoginAttempts(count: 2, blockedUntil: now + .seconds(4), last: now + .seconds(1))
            try write { logins throws(ErrorAnswer) in
                #expect(try logins.lockAttempts(of: ["a", "b"]).isEmpty)
                try logins.setAttempts(first, of: "a")
                try logins.setAttempts(first, of: "b")
                try logins.setAttempts(second, of: "a")
                #expect(try logins.attempts(of: ["a", "b", "c"]) == ["a": second, "b": first])
                try logins.forgetAttempts(of: ["b", "c"])
                #expect(try logins.lockAttempts(of: ["b", "a"]) == ["a": second])

                #expect(try !logins.isKnown(address: "192.0.2.1", email: ada.email))
                try logins.remember(address: "192.0.2.1", of: ada.id, at: now)
                try logins.remember(address: "192.0.2.1", of: ada.id, at: now + .seconds(9))
                #expect(try logins.isKnown(address: "192.0.2.1", email: ada.email))
                #expect(try !logins.isKnown(address: "192.0.2.2", email: ada.email))
                #expect(try !logins.isKnown(address: "192.0.2.1", email: EmailAddress(stored: "x@example.com")))

                #expect(try logins.prune(attemptsBefore: now + .seconds(1), addressesBefore: now + .seconds(9)) == 0)
                #expect(try logins.prune(attemptsBefore: now + .seconds(2), addressesBefore: now + .seconds(10)) == 2)
                #expect(try logins.attempts(of: ["a"]).isEmpty)
            }
        }

        @Test func manyAttemptsAtOnceWinNothing() throws {
            let fixture = try SessionFixture()
            let ada = try fixture.register()
            let throttle = LoginThrottle(perAccount: 5, perAddress: 0)
            let services = [fixture.auth(0, throttle: throttle), fixture.auth(1, throttle: throttle)]
            let origin = RequestOrigin(address: "192.0.2.1", requestID: "r")
            let codes = SessionFixture.atOnce(40) { number -> ErrorCode? in
                do throws(ErrorAnswer) {
                    _ = try services[number % 2].login(email: ada.email, password: "wrong", from: origin)
                    return nil
                } catch { return error.code }
            }
            #expect(codes.count { $0 == .invalidCredentials } == 5)
            #expect(codes.count { $0 == .rateLimited } == 35)
        }
    }
}
