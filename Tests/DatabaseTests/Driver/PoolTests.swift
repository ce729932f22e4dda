import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct PoolTests {
        private let log = Log(component: "test", level: .error)

        private func pool(
            budget: Int, perDatabase: Int = 10, acquireTimeout: Duration = .seconds(10),
            idleLimit: Duration = .seconds(60)
        ) throws -> ConnectionPool {
            let base = try PostgresCluster.shared.settings(database: "postgres")
            return ConnectionPool(
                PoolSettings(
                    budget: budget, perDatabase: perDatabase, acquireTimeout: acquireTimeout, idleLimit: idleLimit
                ) { base.with(database: $0) }, log: log)
        }

        private func process(_ pool: ConnectionPool, _ database: String) throws -> Int {
            try pool.withConnection(to: database) { try $0.execute("SELECT pg_backend_pid()")[0].decode(0) }
        }

        @Test func aConnectionIsUsedAgain() throws {
            let pool = try pool(budget: 2)
            #expect(try process(pool, "postgres") == process(pool, "postgres"))
            #expect(pool.statistics.open == 1 && pool.statistics.idle == 1)
        }

        @Test func theNextRequestAfterARestartSucceeds() throws {
            let pool = try pool(budget: 4)
            let before = try pool.withConnection(to: "postgres") { first in
                try pool.withConnection(to: "postgres") { second in
                    try [first, second].map { try $0.execute("SELECT pg_backend_pid()")[0].decode(0, as: Int.self) }
                }
            }
            #expect(pool.statistics.idle == 2)
            PostgresCluster.shared.restartImmediate()
            try pool.withConnection(to: "postgres") { first in
                try pool.withConnection(to: "postgres") { second in
                    for connection in [first, second] {
                        let now: Int = try connection.execute("SELECT pg_backend_pid()")[0].decode(0)
                        #expect(!before.contains(now))
                    }
                }
            }
            #expect(pool.statistics.open == 2 && pool.statistics.idle == 2)
        }

        @Test func aSessionThatTheServerEndedIsReplacedUnseen() throws {
            let pool = try pool(budget: 1)
            let pid = try process(pool, "postgres")
            _ = try DatabaseSuite.connection().execute("SELECT pg_terminate_backend(\(pid)::integer, 10000)")
            #expect(try process(pool, "postgres") != pid)
            #expect(pool.statistics.open == 1)
        }

        @Test func aConnectionThatBreaksInUseIsNotGivenOutAgain() throws {
            let pool = try pool(budget: 1)
            #expect(throws: PostgresError.self) {
                try pool.withConnection(to: "postgres") { connection throws(PostgresError) in
                    _ = try connection.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
                }
            }
            #expect(pool.statistics.open == 0)
            _ = try process(pool, "postgres")
        }

        @Test func threadsShareNoMoreConnectionsThanTheCap() throws {
            let database = try PostgresCluster.shared.createDatabase()
            let pool = try pool(budget: 5, perDatabase: 2)
            let most = Condition<[Int]>([])
            let threads = (0..<8).map { _ in
                WorkerThread(name: "client") {
                    for _ in 0..<20 {
                        let count = try? pool.withConnection(to: database) { connection throws(PostgresError) in
                            try connection.execute(
                                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0]
                                .decode(0, as: Int.self)
                        }
                        most.update { $0.append(count ?? -1) }
                    }
                }
            }
            for thread in threads { thread.join() }
            let counts = most.withLock { $0 }
            #expect(counts.count == 160 && counts.allSatisfy { (1...2).contains($0) })
            #expect(pool.statistics.open <= 2 && pool.statistics.inUse == 0 && pool.statistics.waiting == 0)
        }

        @Test func aFullBudgetClosesTheConnectionIdleLongest() throws {
            let names = try (0..<3).map { _ in try PostgresCluster.shared.createDatabase() }
            let pool = try pool(budget: 2)
            for name in names { _ = try process(pool, name) }
            #expect(pool.statistics.open == 2 && pool.statistics.evictions == 1)
            // The server's process ends a moment after the goodbye.
            try DatabaseSuite.waitUntil("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = \(names[0])")
            let left: [String] = try DatabaseSuite.connection().execute(
                "SELECT array_agg(datname::text) FROM pg_stat_activity WHERE datname = ANY (\(names))")[0].decode(0)
            #expect(Set(left) == Set(names[1...]))
        }

        @Test func aRequestThatFindsNoneInTimeFails() throws {
            let pool = try pool(budget: 1, acquireTimeout: .milliseconds(50))
            try pool.withConnection(to: "postgres") { connection in
                let error = #expect(throws: PostgresError.self) {
                    try pool.withConnection(to: "template1") { _ throws(PostgresError) in }
                }
                #expect(error?.isPoolTimeout == true && error?.isConnectionLost == false)
                #expect(pool.statistics.timeouts == 1 && pool.statistics.waiting == 0)
                let now = pool.statistics
                #expect(now.requests == 2 && now.waits == 1 && now.longestWait >= .milliseconds(50))
                #expect(now.waited == now.longestWait)
            }
            _ = try process(pool, "postgres")
        }

        @Test func aWaitingRequestGetsTheConnectionThatComesBack() throws {
            let pool = try pool(budget: 1)
            let answer = Condition<Int?>(nil)
            var thread: WorkerThread?
            let pid = try pool.withConnection(to: "postgres") { connection in
                thread = WorkerThread(name: "waiting") {
                    let pid = try? pool.withConnection(to: "postgres") { connection throws(PostgresError) in
                        try connection.execute("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
                    }
                    answer.update { $0 = pid ?? -1 }
                }
                while pool.statistics.waiting == 0 { _ = try connection.execute("SELECT pg_sleep(0.001)") }
                return try connection.execute("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
            }
            thread?.join()
            #expect(answer.withLock { $0 } == pid)
        }

        @Test func anOpenTransactionIsRolledBackWhenTheConnectionComesBack() throws {
            let database = try PostgresCluster.shared.createDatabase()
            let pool = try pool(budget: 1)
            let pid = try process(pool, database)
            try pool.withConnection(to: database) { try $0.execute(script: "BEGIN; CREATE TABLE t (n integer)") }
            try pool.withConnection(to: database) { connection in
                #expect(!connection.inTransaction)
                let row = try connection.execute("SELECT to_regclass('t') IS NULL")[0]
                #expect(try row.decode(0) == true)
            }
            #expect(try process(pool, database) == pid)
        }

        @Test func aDatabaseWithoutIdleConnectionsCanBeRenamed() throws {
            let database = try PostgresCluster.shared.createDatabase()
            let from = try #require(SQLIdentifier(database))
            let to = try #require(SQLIdentifier(database + "_renamed"))
            let pool = try pool(budget: 2)
            _ = try process(pool, database)
            pool.closeIdle(database: database)
            #expect(pool.statistics.open == 0)
            _ = try DatabaseSuite.connection().execute(
                "ALTER DATABASE \(identifier: from) RENAME TO \(identifier: to)")
            let error = #expect(throws: PostgresError.self) { try process(pool, database) }
            #expect(error?.isUnknownDatabase == true)
            #expect(pool.statistics.open == 0)
            _ = try process(pool, to.name)
        }

        @Test func idleConnectionsAreClosedWithoutAnyRequest() throws {
            let pool = try pool(budget: 2, idleLimit: .milliseconds(20))
            let pid = try process(pool, "postgres")
            try DatabaseSuite.waitUntil("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(pid)")
            #expect(pool.statistics.open == 0 && pool.statistics.evictions == 0)
        }

        @Test func aClosedPoolRefuses() throws {
            let pool = try pool(budget: 2)
            let pid = try pool.withConnection(to: "postgres") { connection in
                _ = try process(pool, "postgres")
                pool.close()
                #expect(pool.statistics.open == 1)
                return try connection.execute("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
            }
            #expect(pool.statistics.open == 0)
            try DatabaseSuite.waitUntil("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(pid)")
            let error = #expect(throws: PostgresError.self) { try process(pool, "postgres") }
            #expect(error?.sqlState == SQLState.poolClosed)
        }
    }
}
