import Base
import Contract
import Domain
import Persistence
import Postgres
import Testing

extension DatabaseSuite {
    @Suite struct PasswordLockTests {
        @Test func lockedPasswordIsChangedByNobodyElse() throws {
            let fixture = try SessionFixture()
            let ada = try fixture.register()
            try fixture.data[0].inMain(.write) { main throws(ErrorAnswer) in
                #expect(try main.users.lockPasswordHash(ada.id)?.hasPrefix("$2b$04$") == true)
                let other = Result { try fixture.pools[1].begin(on: fixture.main) }
                guard case .success(let other) = other else {
                    Issue.record("no second connection")
                    return
                }
                defer { other.rollBack() }
                // What refers to the user is not held up: a login from another address, say.
                #expect(throws: Never.self) {
                    _ = try other.connection.execute("SET LOCAL lock_timeout = '200ms'")
                    _ = try other.connection.execute(
                        "INSERT INTO login_addresses (user_id, address, last_at) VALUES (\(ada.id), 'x', now())")
                }
                let refused = #expect(throws: PostgresError.self) {
                    _ = try other.connection.execute("UPDATE users SET password_hash = 'x' WHERE id = \(ada.id)")
                }
                #expect(refused?.sqlState == SQLState.lockNotAvailable)
            }
        }
    }
}
