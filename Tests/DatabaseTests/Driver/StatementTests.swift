import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct StatementTests {
        let connection: Connection

        init() throws { connection = try DatabaseSuite.connection() }

        /// How many statements the server keeps for the session, this question's own included.
        private func prepared() throws -> Int {
            try connection.execute("SELECT count(*) FROM pg_prepared_statements")[0].decode(0)
        }

        @Test func aTextIsPreparedWhenItComesAgain() throws {
            _ = try prepared()
            #expect(try prepared() == 1)
            #expect(try connection.execute("SELECT 'once'")[0].decode(0) == "once")
            #expect(try prepared() == 1)
            for number in 1...20 { #expect(try connection.execute("SELECT \(number)::integer")[0].decode(0) == number) }
            #expect(try prepared() == 2)
        }

        @Test func noMoreThan256AreKept() throws {
            for count in 1...300 {
                var query: Query = "SELECT 0"
                for _ in 0..<count { query += " + 1" }
                for _ in 1...2 { #expect(try connection.execute(query)[0].decode(0) == count) }
                #expect(try connection.execute("SELECT 'often'")[0].decode(0) == "often")
            }
            // One that was pushed out last is given back with the next that is prepared.
            _ = try prepared()
            #expect((256...257).contains(try prepared()))
            let often: Bool = try connection.execute(
                "SELECT bool_or(statement = 'SELECT ''often''') FROM pg_prepared_statements")[0].decode(0)
            #expect(often)
        }

        @Test func statementsWithIdentifiersAreNotKept() throws {
            let name = try #require(SQLIdentifier("some_table"))
            _ = try connection.execute("CREATE TEMPORARY TABLE \(identifier: name) (n integer)")
            _ = try connection.execute("INSERT INTO \(identifier: name) VALUES (\(7))")
            for _ in 1...2 { #expect(try connection.execute("SELECT n FROM \(identifier: name)")[0].decode(0) == 7) }
            _ = try prepared()
            #expect(try prepared() == 1)
        }

        @Test func aStatementOlderThanAMigrationRunsAgain() throws {
            try connection.execute(script: "CREATE TEMPORARY TABLE t (n integer); INSERT INTO t VALUES (1)")
            func read() throws -> Row { try connection.execute("SELECT t.* FROM t")[0] }
            _ = try prepared()
            for _ in 1...2 { #expect(try read().decode(0) == 1) }
            try connection.execute(script: "ALTER TABLE t ALTER n TYPE text USING 'n' || n")
            #expect(try read().decode(0) == "n1")
            #expect(try prepared() == 2)
        }

        @Test func insideATransactionTheWholeOfItRunsAgain() throws {
            try connection.execute(script: "CREATE TEMPORARY TABLE t (n integer); INSERT INTO t VALUES (1)")
            var runs = 0
            func read() throws -> Int {
                try connection.transaction { connection in
                    runs += 1
                    return try connection.execute("SELECT t.* FROM t").count
                }
            }
            for _ in 1...2 { #expect(try read() == 1) }
            try connection.execute(script: "ALTER TABLE t ADD m integer")
            #expect(try read() == 1)
            #expect(runs == 4)
        }

        @Test func statementsDroppedBehindTheDriversBackArePreparedAgain() throws {
            for _ in 1...2 { #expect(try connection.execute("SELECT 5")[0].decode(0) == 5) }
            try connection.execute(script: "DEALLOCATE ALL")
            #expect(try connection.execute("SELECT 5")[0].decode(0) == 5)
            // The names are unknown to the server: giving them back must not fail what comes next.
            for _ in 1...2 { #expect(try connection.execute("SELECT 6")[0].decode(0) == 6) }
        }

        @Test func refusalsCarryCodeAndConstraintButNoValues() throws {
            try connection.execute(
                script: "CREATE TEMPORARY TABLE t (email text CONSTRAINT t_email_key UNIQUE, n integer CHECK (n > 0))")
            _ = try connection.execute("INSERT INTO t VALUES (\("a@example.com"), 1)")
            let error = #expect(throws: PostgresError.self) {
                try connection.execute("INSERT INTO t VALUES (\("a@example.com"), 1)")
            }
            #expect(error?.isUniqueViolation == true && error?.constraint == "t_email_key")
            #expect(error?.description.contains("example.com") == false)
            #expect(error?.debugDescription.contains("a@example.com") == true)
            let check = #expect(throws: PostgresError.self) { try connection.execute("INSERT INTO t VALUES ('b', -1)") }
            #expect(check?.isCheckViolation == true && check?.constraint == "t_n_check")
            let syntax = #expect(throws: PostgresError.self) { try connection.execute("SELEC 1") }
            #expect(syntax?.sqlState == "42601" && syntax?.isConnectionLost == false)
            #expect(connection.isHealthy)
        }

        @Test func aSlowStatementIsCancelledAndTheConnectionStays() throws {
            var settings = try PostgresCluster.shared.settings(database: "postgres")
            settings.statementTimeout = .milliseconds(50)
            let connection = try Connection(settings)
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(60)") }
            #expect(error?.isQueryCanceled == true)
            #expect(try connection.execute("SELECT 1")[0].decode(0) == 1)
        }

        @Test func theSessionIsSetUp() throws {
            let row = try connection.execute(
                """
                SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
                       current_setting('client_connection_check_interval'), current_setting('TimeZone'),
                       current_setting('DateStyle'), current_setting('application_name'),
                       current_setting('client_encoding')
                """)[0]
            let values = try (0..<7).map { try row.decode($0, as: String.self) }
            #expect(values == ["20s", "30s", "2s", "UTC", "ISO, MDY", "tests", "UTF8"])
        }

        @Test func scriptsRunAllOrNothing() throws {
            #expect(throws: PostgresError.self) {
                try connection.execute(script: "CREATE TEMPORARY TABLE t (n integer); SELECT 1 / 0")
            }
            #expect(try connection.execute("SELECT to_regclass('t') IS NULL")[0].decode(0) == true)
        }

        @Test func copyIsRefused() throws {
            #expect(throws: PostgresError.self) { try connection.execute("COPY pg_class TO STDOUT") }
            #expect(!connection.isHealthy)
        }

        @Test func noticesGoToTheLogByCode() throws {
            let lines = Condition<[String]>([])
            let log = Log(component: "test", level: .debug) { line in
                lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
            }
            let connection = try Connection(PostgresCluster.shared.settings(database: "postgres"), log: log)
            try connection.execute(script: "DROP TABLE IF EXISTS secret_name")
            let written = lines.withLock { $0 }
            #expect(written.count == 1)
            #expect(written.first?.contains("00000") == true && written.first?.contains("secret_name") == false)
        }
    }
}
