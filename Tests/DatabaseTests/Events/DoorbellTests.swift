import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct DoorbellTests {
        private let pool: ConnectionPool
        private let bell: PostgresDoorbell
        private let board: PostgresDoorbellBoard
        private let main: String

        init() throws {
            main = try PostgresCluster.shared.createDatabase()
            let settings = try PostgresCluster.shared.settings(database: main)
            let log = Log(component: "tests", level: .error, sink: { _ in })
            pool = ConnectionPool(
                PoolSettings(budget: 3, perDatabase: 3, acquireTimeout: .seconds(20)) { settings.with(database: $0) },
                log: log)
            _ = try Migrator(Migrations.main).apply(on: Connection(settings), log: log)
            bell = PostgresDoorbell(pool: pool, mainDatabase: main)
            board = PostgresDoorbellBoard(pool: pool, settings: settings)
        }

        /// Rings until so many came; the listener needs a first call to be there.
        private func heard(_ count: Int) -> [Ring] {
            var rings: [Ring] = []
            let end = ContinuousClock.now + .seconds(20)
            while rings.count < count, ContinuousClock.now < end {
                rings += board.waitForRings(timeout: .milliseconds(200))
            }
            return rings
        }

        @Test func eachRingComesWithItsOutboxAndWhatItPromises() {
            _ = board.waitForRings(timeout: .milliseconds(1))
            let tenants = [Outbox.tenant(.random()), .tenant(.random())]
            for outbox in [tenants[0], .main, tenants[1], tenants[0], tenants[0], .main] { bell.ring(outbox) }
            #expect(
                heard(5) == [
                    Ring(tenants[0], .one), Ring(.main, .one), Ring(tenants[1], .one), Ring(tenants[0], .several),
                    Ring(.main, .one),
                ])
        }

        @Test func aRingWithoutAWordPromisesNothingAndOtherTextsAreNoRings() throws {
            _ = board.waitForRings(timeout: .milliseconds(1))
            let tenant = TenantID.random()
            for text in ["", "one", "\(tenant) two", "\(tenant) one more", "\(tenant)"] {
                _ = try pool.withConnection(to: main) { connection throws(PostgresError) in
                    try connection.execute("SELECT pg_notify('doorbell', \(text))")
                }
            }
            #expect(heard(1) == [Ring(.tenant(tenant), .several)])
        }

        @Test func ringsStayOnTheBoardUntilTheyAreSilenced() throws {
            let tenant = Outbox.tenant(.random())
            bell.ring(tenant)
            bell.ring(.main)
            #expect(try board.rungOutboxes() == [tenant, .main])
            let now = SystemClock().now()
            try board.silence(tenant, before: now - .seconds(60))
            #expect(try board.rungOutboxes() == [tenant, .main])
            try board.silence(tenant, before: now + .seconds(60))
            try board.silence(.main, before: now + .seconds(60))
            #expect(try board.rungOutboxes() == [])
        }

        @Test func whatCouldNotBeRungIsRungTheNextTime() throws {
            _ = board.waitForRings(timeout: .milliseconds(1))
            let tenant = Outbox.tenant(.random())
            let lock = try Connection(PostgresCluster.shared.settings(database: main))
            func onDoorbells(_ query: Query) throws { _ = try lock.execute(query) }
            try onDoorbells("ALTER TABLE doorbells RENAME TO away")
            bell.ring(tenant)
            try onDoorbells("ALTER TABLE away RENAME TO doorbells")
            bell.ring(tenant)
            #expect(heard(1) == [Ring(tenant, .one)])
        }
    }
}
