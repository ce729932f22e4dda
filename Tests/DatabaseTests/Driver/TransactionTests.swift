import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct TransactionTests {
        private enum Refusal: PostgresErrorConvertible, Equatable {
            case mine
            case database(String)

            init(_ error: PostgresError) { self = .database(error.sqlState) }
        }

        let connection: Connection

        init() throws {
            connection = try DatabaseSuite.freshConnection()
            try connection.execute(script: "CREATE TABLE t (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        }

        private func count() throws -> Int { try connection.execute("SELECT n FROM t").count }

        @Test func whatIsDoneInsideStays() throws {
            let result = try connection.transaction { connection throws(PostgresError) in
                #expect(connection.inTransaction)
                return try connection.execute("INSERT INTO t VALUES (1)").affectedRows
            }
            #expect(result == 1 && !connection.inTransaction)
            #expect(try count() == 1)
        }

        @Test func onlyACommitThatMustSurviveACrashWaitsForTheDisk() throws {
            try connection.execute(script: "SET synchronous_commit = on")
            func setting() throws(PostgresError) -> String {
                try connection.execute("SHOW synchronous_commit")[0].decode(0)
            }
            let usual = try connection.transaction { _ throws(PostgresError) in try setting() }
            let quick = try connection.transaction(survivesCrash: false) { _ throws(PostgresError) in try setting() }
            #expect(usual == "on" && quick == "off")
            #expect(try setting() == "on" && !connection.inTransaction)
        }

        @Test func anErrorOfTheCallersOwnTypeRollsBack() throws {
            let error = #expect(throws: Refusal.self) {
                try connection.transaction { connection throws(Refusal) in
                    do throws(PostgresError) {
                        _ = try connection.execute("INSERT INTO t VALUES (1)")
                    } catch { throw Refusal(error) }
                    throw .mine
                }
            }
            #expect(error == .mine)
            #expect(!connection.inTransaction)
            #expect(try count() == 0)
        }

        @Test func aFailureOfTheCommitIsTurnedIntoTheCallersType() throws {
            let error = #expect(throws: Refusal.self) {
                try connection.transaction { connection throws(Refusal) in
                    do throws(PostgresError) {
                        _ = try connection.execute("INSERT INTO t VALUES (1), (1)")
                    } catch { throw Refusal(error) }
                }
            }
            #expect(error == .database(SQLState.uniqueViolation))
            #expect(!connection.inTransaction)
        }

        @Test func aSwallowedErrorFailsTheCommit() throws {
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { connection throws(PostgresError) in
                    _ = try connection.execute("INSERT INTO t VALUES (1)")
                    _ = try? connection.execute("SELECT 1 / 0")
                }
            }
            #expect(error?.sqlState == SQLState.failedTransaction)
            #expect(try count() == 0)
        }

        @Test func oneInsideAnotherIsRefused() throws {
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { connection throws(PostgresError) in
                    try connection.transaction { _ throws(PostgresError) in }
                }
            }
            #expect(error?.sqlState == SQLState.activeTransaction)
            #expect(!connection.inTransaction && connection.isHealthy)
        }

        @Test func aCollisionRunsTheTransactionAgain() throws {
            let other = try Connection(PostgresCluster.shared.settings(database: connection.database))
            _ = try connection.execute("INSERT INTO t VALUES (1)")
            var runs = 0
            try connection.transaction { connection in
                runs += 1
                try connection.execute(script: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                let n: Int = try connection.execute("SELECT n FROM t")[0].decode(0)
                if runs < 3 { _ = try other.execute("UPDATE t SET n = n + 10") }
                _ = try connection.execute("UPDATE t SET n = \(n + 1)")
            }
            #expect(runs == 3)
            #expect(try connection.execute("SELECT n FROM t")[0].decode(0) == 22)
        }

        @Test func collisionsEndAtTheLastAttempt() throws {
            var runs = 0
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction(attempts: 3) { connection throws(PostgresError) in
                    runs += 1
                    _ = try connection.execute("SELECT raise_collision()")
                }
            }
            #expect(error?.sqlState == "42883" && runs == 1)
            try connection.execute(
                script: """
                    CREATE FUNCTION raise_collision() RETURNS void LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$
                    """)
            runs = 0
            let collision = #expect(throws: PostgresError.self) {
                try connection.transaction(attempts: 3) { connection throws(PostgresError) in
                    runs += 1
                    _ = try connection.execute("SELECT raise_collision()")
                }
            }
            #expect(collision?.isRetryable == true && runs == 3)
        }
    }
}
