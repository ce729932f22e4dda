import Base
import Contract
import Crypto
import Domain
import Persistence
import Postgres
import TestSupport

/// A main database on the real server, and two processes' worth of services on it: each with connections of its own.
struct SessionFixture {
    let main: String
    let pools: [ConnectionPool]
    let data: [PostgresUnitOfWork]
    let clock = ManualClock()
    let log = Log(component: "tests", level: .error, sink: { _ in })

    init() throws {
        main = try PostgresCluster.shared.createDatabase()
        let settings = try PostgresCluster.shared.settings(database: main)
        _ = try Migrator(Migrations.main).apply(on: Connection(settings), log: log)
        pools = (0..<2).map { [log] _ in
            ConnectionPool(
                PoolSettings(budget: 6, perDatabase: 6, acquireTimeout: .seconds(20)) { settings.with(database: $0) },
                log: log)
        }
        data = pools.map { [main] in PostgresUnitOfWork(pool: $0, mainDatabase: main) }
    }

    /// Sign-in as one of the processes offers it.
    func auth(
        _ process: Int, throttle: LoginThrottle = LoginThrottle(perAccount: 0, perAddress: 0),
        keys: [TokenKey] = [TokenKey(id: "1", secret: [1])]
    ) -> AuthService {
        AuthService(
            data: data[process],
            passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 100),
            tokens: TokenIssuer(
                signer: TokenSigner(keys: keys), accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800)),
            clock: clock, throttle: throttle)
    }

    func register() throws -> User {
        try auth(0).register(
            firstName: PersonName("Ada"), lastName: PersonName("Byron"), email: EmailAddress("ada@example.com"),
            password: Password(InMemoryProduct.password))
    }

    func count(_ query: Query) throws -> Int64 {
        try pools[0].withConnection(to: main) { connection throws(PostgresError) in
            try connection.execute(query)[0].decode(0)
        }
    }

    /// Runs the closure many times at once; what each gave.
    static func atOnce<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> R) -> [R] {
        let results = Condition<[R]>([])
        let gate = Condition(0)
        let threads = (0..<count).map { number in
            WorkerThread(name: "at-once") {
                gate.update { $0 += 1 }
                _ = gate.wait { $0 == count ? true : nil }
                let result = body(number)
                results.withLock { $0.append(result) }
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { $0 }
    }
}
