import Base
import Glibc
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct LostConnectionTests {
        @Test func aServerThatEndsTheSessionIsALostConnection() throws {
            let connection = try DatabaseSuite.connection()
            let error = #expect(throws: PostgresError.self) {
                try connection.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
            }
            #expect(error?.isConnectionLost == true && error?.sqlState == SQLState.adminShutdown)
            #expect(error?.isCommitOutcomeUnknown == false)
            #expect(!connection.isHealthy)
            let second = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
            #expect(second?.isConnectionLost == true)
        }

        @Test func aCrashDuringAQueryIsALostConnection() throws {
            let outcome = Condition<PostgresError?>(nil)
            let thread = WorkerThread(name: "query") {
                do throws(PostgresError) {
                    let settings = try PostgresCluster.shared.settings(database: "postgres")
                    _ = try Connection(settings).execute("SELECT pg_sleep(60) AS crash_test")
                } catch { outcome.update { $0 = error } }
            }
            try DatabaseSuite.waitUntil(
                "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%AS crash_test' AND wait_event = 'PgSleep'"
            )
            PostgresCluster.shared.restartImmediate()
            thread.join()
            #expect(outcome.withLock { $0 }?.isConnectionLost == true)
        }

        @Test func aConnectionLostDuringCommitLeavesTheOutcomeOpen() throws {
            let connection = try DatabaseSuite.freshConnection()
            try connection.execute(
                script: """
                    CREATE TABLE t (n integer);
                    CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER last AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION end_session()
                    """)
            var runs = 0
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { connection throws(PostgresError) in
                    runs += 1
                    _ = try connection.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.isCommitOutcomeUnknown == true && error?.isConnectionLost == true)
            #expect(runs == 1 && !connection.isHealthy)
        }

        @Test func aConnectionLostBeforeCommitIsNoOpenOutcome() throws {
            let connection = try DatabaseSuite.connection()
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { connection throws(PostgresError) in
                    _ = try? connection.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
                }
            }
            #expect(error?.isConnectionLost == true && error?.isCommitOutcomeUnknown == false)
        }

        @Test func aServerThatHangsIsGivenUp() throws {
            var settings = try PostgresCluster.shared.settings(database: "postgres")
            settings.statementTimeout = .milliseconds(50)
            settings.answerGrace = .milliseconds(50)
            let connection = try Connection(settings)
            let pid: Int32 = try connection.execute("SELECT pg_backend_pid()")[0].decode(0)
            kill(pid, SIGSTOP)
            defer { kill(pid, SIGCONT) }
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
            #expect(error?.isConnectionLost == true)
            #expect(!connection.isHealthy)
        }

        @Test func aServerThatDoesNotAnswerIsNoConnection() throws {
            let directory = "\(PostgresCluster.shared.directory)/silent"
            mkdir(directory, 0o700)
            let listener = try #require(silentListener(at: "\(directory)/.s.PGSQL.5432"))
            defer {
                close(listener)
                unlink("\(directory)/.s.PGSQL.5432")
                rmdir(directory)
            }
            let settings = try ConnectionSettings(
                url: "postgresql://postgres@/postgres?host=\(directory)&port=5432", connectTimeout: .milliseconds(50))
            let error = #expect(throws: PostgresError.self) { try Connection(settings) }
            #expect(error?.sqlState == SQLState.cannotConnect && error?.isConnectionLost == true)
        }

        @Test func refusedConnectionsSayWhy() throws {
            let unknown = #expect(throws: PostgresError.self) {
                try Connection(PostgresCluster.shared.settings(database: "no_such_database"))
            }
            #expect(unknown?.isUnknownDatabase == true && unknown?.isConnectionLost == false)
            let nowhere = #expect(throws: PostgresError.self) {
                try Connection(ConnectionSettings(url: "postgresql://postgres@/x?host=/nowhere"))
            }
            #expect(nowhere?.sqlState == SQLState.cannotConnect)
            #expect(nowhere?.debugDescription.contains("/nowhere/.s.PGSQL") == true)
        }

        @Test func aFullServerIsOutOfResources() throws {
            let name = try PostgresCluster.shared.createDatabase()
            let identifier = try #require(SQLIdentifier(name))
            let admin = try DatabaseSuite.connection()
            _ = try admin.execute("ALTER DATABASE \(identifier: identifier) CONNECTION LIMIT 0")
            try admin.execute(
                script: "DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
            let error = #expect(throws: PostgresError.self) {
                try Connection(
                    ConnectionSettings(
                        url: "postgresql://plain@/\(name)?host=\(PostgresCluster.shared.directory)&port=5432"))
            }
            #expect(error?.isOutOfResources == true && error?.sqlState == SQLState.tooManyConnections)
        }

        /// A unix socket that takes connections into its backlog and never says a word.
        private func silentListener(at path: String) -> Int32? {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            return bound == 0 && listen(descriptor, 1) == 0 ? descriptor : nil
        }
    }
}
