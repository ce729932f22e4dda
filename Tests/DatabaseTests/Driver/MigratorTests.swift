import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct MigratorTests {
        private let log = Log(component: "test", level: .error)
        private let first = Migration(
            version: 1, name: "users", sql: "CREATE TABLE users (id integer); INSERT INTO users VALUES (1);")
        private let second = Migration(version: 2, name: "names", sql: "ALTER TABLE users ADD name text -- é 'quoted'")
        private let third = Migration(version: 3, name: "more", sql: "CREATE TABLE more AS SELECT name FROM users")

        let connection: Connection

        init() throws { connection = try DatabaseSuite.freshConnection() }

        @Test func migrationsAreAppliedInOrderAndOnce() throws {
            let migrator = Migrator([third, first, second])
            #expect(try migrator.apply(on: connection, log: log) == [1, 2, 3])
            #expect(try migrator.apply(on: connection, log: log) == [])
            let row = try connection.execute(
                """
                SELECT array_agg(version::bigint ORDER BY applied_at), bool_and(checksum ~ '^[0-9a-f]{64}$'),
                       bool_and(duration_ms BETWEEN 0 AND 60000), max(applied_at) <= clock_timestamp(),
                       min(checksum) FILTER (WHERE version = 1) FROM schema_migrations
                """)[0]
            #expect(try row.decode(0) == [1, 2, 3])
            #expect(try row.decode(1) == true && row.decode(2) == true && row.decode(3) == true)
            // printf '%s' "$sql" | sha256sum
            #expect(try row.decode(4) == "4f2ad1a67469532c7b235ac13ddf5e0042456a8f183acb5cbab53b75f0864936")
        }

        @Test func theRunStopsAtTheVersionAskedFor() throws {
            let migrator = Migrator([first, second, third])
            #expect(try migrator.apply(on: connection, upTo: 2, log: log) == [1, 2])
            #expect(try migrator.status(on: connection).map(\.version) == [1, 2, 3])
            #expect(try migrator.status(on: connection).map { $0.state == .pending } == [false, false, true])
            #expect(try migrator.apply(on: connection, log: log) == [3])
        }

        @Test func anEmptyDatabaseHasEverythingPendingAndStaysEmpty() throws {
            let statuses = try Migrator([first, second]).status(on: connection)
            #expect(statuses.map(\.name) == ["users", "names"])
            #expect(statuses.allSatisfy { $0.state == .pending })
            #expect(try connection.execute("SELECT to_regclass('schema_migrations') IS NULL")[0].decode(0) == true)
        }

        @Test func aFailedMigrationLeavesNothingAndTheNextRunGoesOn() throws {
            let broken = Migration(version: 2, name: "broken", sql: "CREATE TABLE half (n integer); SELECT 1 / 0")
            let error = #expect(throws: PostgresError.self) {
                try Migrator([first, broken, third]).apply(on: connection, log: log)
            }
            #expect(error?.sqlState == "22012")
            #expect(!connection.inTransaction)
            #expect(try connection.execute("SELECT to_regclass('half') IS NULL")[0].decode(0) == true)
            #expect(try Migrator([first, second, third]).apply(on: connection, log: log) == [2, 3])
        }

        @Test func aChangedMigrationIsRefused() throws {
            _ = try Migrator([first]).apply(on: connection, log: log)
            let changed = Migration(version: 1, name: "users", sql: first.sql + " ")
            let error = #expect(throws: PostgresError.self) {
                try Migrator([changed, second]).apply(on: connection, log: log)
            }
            #expect(error?.sqlState == SQLState.badMigration)
            #expect(try Migrator([changed]).status(on: connection).map(\.state) == [.changed])
            #expect(try Migrator([first, second]).apply(on: connection, log: log) == [2])
        }

        @Test func aMigrationBelowAnAppliedOneIsRefused() throws {
            _ = try Migrator([first, third.with(sql: "SELECT 1")]).apply(on: connection, log: log)
            let error = #expect(throws: PostgresError.self) {
                try Migrator([first, second, third.with(sql: "SELECT 1")]).apply(on: connection, log: log)
            }
            #expect(error?.sqlState == SQLState.badMigration)
        }

        @Test func aNewerDatabaseIsLeftAsItIs() throws {
            _ = try Migrator([first, second]).apply(on: connection, log: log)
            #expect(try Migrator([first]).apply(on: connection, log: log) == [])
            #expect(try Migrator([first]).status(on: connection).last?.state == .unknown)
        }

        @Test func versionsThatRepeatAreRefused() throws {
            let error = #expect(throws: PostgresError.self) {
                try Migrator([first, second, first]).apply(on: connection, log: log)
            }
            #expect(error?.sqlState == SQLState.badMigration)
        }

        @Test func aMigrationThatEndsItsTransactionIsRefused() throws {
            let error = #expect(throws: PostgresError.self) {
                try Migrator([first.with(sql: "SELECT 1; COMMIT")]).apply(on: connection, log: log)
            }
            #expect(error?.sqlState == SQLState.badMigration)
        }

        @Test func twoRunsWaitForEachOther() throws {
            let migrator = Migrator([first.with(sql: first.sql + "SELECT pg_sleep(0.05)"), second, third])
            let database = connection.database
            let log = log
            let applied = Condition<[[Int]]>([])
            let threads = (0..<4).map { _ in
                WorkerThread(name: "migrator") {
                    let versions = try? { () throws(PostgresError) in
                        let connection = try Connection(PostgresCluster.shared.settings(database: database))
                        return try migrator.apply(on: connection, log: log)
                    }()
                    applied.update { $0.append(versions ?? [-1]) }
                }
            }
            for thread in threads { thread.join() }
            #expect(applied.withLock { $0.sorted { $0.count < $1.count } } == [[], [], [], [1, 2, 3]])
        }

        @Test func migrationsHaveNoTimeLimitAndTheSessionsComesBack() throws {
            var settings = try PostgresCluster.shared.settings(database: connection.database)
            settings.statementTimeout = .milliseconds(100)
            settings.answerGrace = .zero
            let connection = try Connection(settings)
            let slow = first.with(sql: "SELECT pg_sleep(0.2)")
            #expect(try Migrator([slow]).apply(on: connection, log: log) == [1])
            #expect(try connection.execute("SHOW statement_timeout")[0].decode(0) == "100ms")
        }

        @Test func theLockIsGivenBackAfterAFailure() throws {
            _ = try? Migrator([first.with(sql: "SELECT 1 / 0")]).apply(on: connection, log: log)
            #expect(try connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").isEmpty)
            #expect(try connection.execute("SHOW statement_timeout")[0].decode(0) == "20s")
        }
    }
}

extension Migration {
    fileprivate func with(sql: String) -> Migration { Migration(version: version, name: name, sql: sql) }
}
