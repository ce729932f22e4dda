import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct WarmPoolTests {
        private let fleet: FleetFixture

        init() throws { fleet = try FleetFixture() }

        @Test func poolIsFilledOnceAndClosedToVisitors() throws {
            let first = try fleet.warmPool.tend(size: 2)
            #expect(first.made == 2 && first.removed == 0)
            #expect(try fleet.warmPool.tend(size: 2) == WarmPoolRound())
            let spares = try fleet.spares()
            #expect(spares.count == 2)
            #expect(throws: PostgresError.self) {
                try fleet.pool.withConnection(to: spares[0]) { connection throws(PostgresError) in
                    _ = try connection.execute("SELECT 1")
                }
            }
            let templates = try fleet.templates()
            #expect(templates.count == 1)
            #expect(
                try fleet.count(
                    """
                    SELECT count(*) FROM pg_database
                    WHERE datname = \(templates[0]) AND datistemplate AND NOT datallowconn
                    """) == 1)
        }

        @Test func tenantTakesADatabaseThatWaits() throws {
            _ = try fleet.warmPool.tend(size: 2)
            let before = try fleet.spares()
            let tenant = try fleet.create()
            let after = try fleet.spares()
            #expect(after.count == 1 && before.contains(after[0]))
            let files = try fleet.data.inTenant(tenant.database, .read) { tenant throws(ErrorAnswer) in
                try tenant.audit.keep(retentionDays: 400)
            }
            #expect(files == 0)
            #expect(try fleet.warmPool.tend(size: 2).made == 1)
            let rows = try fleet.count(
                """
                SELECT count(*) FROM tenants t JOIN tenant_schemas s ON s.tenant_id = t.id AND s.status = 'migrated'
                JOIN user_tenant_associations a ON a.tenant_id = t.id JOIN outbox o ON o.tenant_id = t.id
                WHERE t.id = \(tenant.id) AND t.state = 'ready' AND o.event_type = 'tenant.created'
                """)
            #expect(rows == 1)
        }

        @Test func databaseIsMadeWhenNoneWaits() throws {
            let tenant = try fleet.create()
            #expect(try fleet.spares().isEmpty)
            let mayPublic: Bool = try fleet.execute(
                """
                SELECT EXISTS (SELECT FROM aclexplode((SELECT datacl FROM pg_database
                                                       WHERE datname = \(tenant.database.name)))
                               WHERE grantee = 0 AND privilege_type = 'CONNECT')
                """)[0].decode(0)
            #expect(!mayPublic)
        }

        @Test func claimThatIsRolledBackGivesTheDatabaseBack() throws {
            _ = try fleet.warmPool.tend(size: 1)
            let before = try fleet.spares()
            #expect(throws: ErrorAnswer.self) {
                try fleet.tenants.create(name: TenantName("Nobody's"), by: .random())  // no such user
            }
            #expect(try fleet.spares() == before)
            #expect(try fleet.count("SELECT count(*) FROM spare_databases WHERE state = 'ready'") == 1)
            _ = try fleet.create()
        }

        @Test func signUpsAtOnceEachGetADatabase() throws {
            _ = try fleet.warmPool.tend(size: 2)
            let made = Condition<[Tenant]>([])
            let threads = (0..<6).map { number in
                WorkerThread(name: "sign-up") { [fleet] in
                    if let tenant = try? fleet.create("Acme \(number)") { made.update { $0.append(tenant) } }
                }
            }
            for thread in threads { thread.join() }
            let databases = Set(made.withLock { $0.map(\.database.name) })
            #expect(databases.count == 6)
            #expect(try fleet.spares().count == fleet.count("SELECT count(*) FROM spare_databases"))
        }

        @Test func whatDeadMakersLeftIsRemoved() throws {
            // Died before CREATE DATABASE, after it, and while the server dropped it; and one that still lives.
            for (end, age) in [("0a", "-1"), ("0b", "-1"), ("0c", "-1"), ("0d", "60")] {
                let name = try fleet.spareName(end)
                if end != "0a" { _ = try fleet.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0") }
                try fleet.execute(
                    """
                    INSERT INTO spare_databases (name, schema_version, fingerprint, state, lease_expires_at)
                    VALUES (\(name.name), 1, 'x', 'making', now() + make_interval(secs => \(age)::integer))
                    """)
            }
            try fleet.execute(
                "UPDATE pg_database SET datconnlimit = -2 WHERE datname = \(fleet.spareName("0c").name)")
            // One that no row knows.
            _ = try fleet.execute("CREATE DATABASE \(identifier: fleet.spareName("0e")) TEMPLATE template0")
            #expect(try fleet.warmPool.tend(size: 0).removed == 4)
            #expect(try fleet.spares() == [fleet.spareName("0d").name])
            #expect(try fleet.count("SELECT count(*) FROM spare_databases") == 1)
        }

        @Test func databasesOfAnOlderSchemaAreReplaced() throws {
            _ = try fleet.warmPool.tend(size: 1)
            let old = try fleet.spares()
            try fleet.execute("UPDATE spare_databases SET schema_version = 1")
            let tenant = try fleet.create()  // takes none of them
            #expect(try fleet.spares() == old)
            let round = try fleet.warmPool.tend(size: 1)
            #expect(round.made == 1 && round.removed == 1)
            #expect(try !fleet.spares().contains(old[0]))
            #expect(tenant.state == .ready)
        }

        @Test func templateThatNoReleaseUsesIsDropped() throws {
            _ = try fleet.warmPool.tend(size: 0)
            let name: String = try fleet.execute(
                "SELECT 'template_v1_' || oid || '_old' FROM pg_database WHERE datname = current_database()")[0].decode(
                    0)
            _ = try fleet.execute(
                "CREATE DATABASE \(identifier: try #require(SQLIdentifier(name))) TEMPLATE template0 IS_TEMPLATE true")
            try fleet.execute(
                """
                INSERT INTO tenant_templates (name, schema_version, fingerprint, state)
                VALUES (\(name), 1, 'old', 'ready')
                """)
            #expect(try fleet.warmPool.tend(size: 0) == WarmPoolRound())  // an older release may still run
            try fleet.execute("UPDATE tenant_templates SET used_at = now() - interval '1 hour'")
            #expect(try fleet.warmPool.tend(size: 0).removed == 1)
            #expect(try fleet.templates().count == 1 && !fleet.templates().contains(name))
        }

        @Test func nothingIsLeftOfAnInstallationThatEnds() throws {
            _ = try fleet.warmPool.tend(size: 2)
            #expect(try fleet.warmPool.removeAll() == 3)
            #expect(try fleet.spares().isEmpty && fleet.templates().isEmpty)
        }

        @Test func templateThatWasHalfMadeIsMadeAnew() throws {
            _ = try fleet.warmPool.tend(size: 0)
            try fleet.execute("UPDATE tenant_templates SET state = 'making'")
            _ = try fleet.create()
            #expect(try fleet.templates().count == 1)
            #expect(try fleet.count("SELECT count(*) FROM tenant_templates WHERE state = 'ready'") == 1)
        }

        @Test func roleThatMayNotCreateWaitsForTheWorker() throws {
            let fleet = fleet
            let (app, service) = try fleet.application(connections: 4)
            defer { app.close() }
            let worker = WorkerThread(name: "worker") { _ = try? fleet.warmPool.tend(size: 1) }
            let tenant = try service.create(name: TenantName("Acme"), by: fleet.ada)
            worker.join()
            #expect(try fleet.count("SELECT count(*) FROM tenants WHERE id = \(tenant.id) AND state = 'ready'") == 1)
        }
    }
}
