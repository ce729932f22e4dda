import Base
import Contract
import Glibc
import Postgres
import TestSupport
import Testing

extension SaasctlSuite {
    @Suite struct MigrateTests {
        private let installation: TestInstallation

        init() throws { installation = try TestInstallation() }

        /// Makes the installation with a tenant of each name; their ids and databases.
        private func makeTenants(_ names: String...) throws -> [(id: String, database: String)] {
            for name in names {
                let program = installation.program([
                    "ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse 1", "TEST_TENANT_NAME": name,
                ])
                let outcome = try program.run("init-db", "--create-admin", "--create-test-tenant", "--non-interactive")
                try #require(outcome.status == 0, "\(outcome.errors)")
            }
            return try installation.connect().execute("SELECT id::text, database_name FROM tenants ORDER BY id").map {
                (id: try $0.decode(0), database: try $0.decode(1))
            }
        }

        /// Takes the tenant's database back to before its first migration.
        private func empty(_ database: String) throws {
            try installation.connect(to: database).execute(script: "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        }

        /// Makes every migration of the database fail: its history does not fit the release.
        private func spoil(_ database: String) throws {
            _ = try installation.connect(to: database).execute("UPDATE schema_migrations SET checksum = 'x'")
        }

        @Test func mainDatabaseIsBroughtUpToDate() throws {
            _ = try installation.program().run("init-db")
            try empty(installation.database)
            let first = try installation.program().run("migrate", "main")
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.lines == ["database \(installation.database): \(Applied.allOfMain)"])
            let second = try installation.program().run("migrate", "main")
            #expect(second.lines == ["database \(installation.database): up to date"])
        }

        @Test func changedMigrationOfTheMainDatabaseFails() throws {
            _ = try installation.program().run("init-db")
            try spoil(installation.database)
            let outcome = try installation.program().run("migrate", "main")
            #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("migration 1 was changed"))
        }

        @Test func failingTenantDoesNotStopTheOthers() throws {
            let tenants = try makeTenants("One", "Two", "Three")
            try spoil(tenants[0].database)
            try empty(tenants[1].database)
            let outcome = try installation.program().run("migrate", "tenants")
            #expect(outcome.status == 1)
            #expect(outcome.lines.count == 4 && outcome.lines[0].hasPrefix("TENANT"))
            #expect(outcome.lines[1].hasPrefix(tenants[0].id) && outcome.lines[1].contains("failed"))
            #expect(outcome.lines[2].hasPrefix(tenants[1].id) && outcome.lines[2].contains("migrated"))
            #expect(outcome.lines[3] == "1 migrated, 1 up to date, 1 failed")
            #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("tenant \(tenants[0].id): failed: "))

            let again = try installation.program().run("migrate", "tenants")
            #expect(again.status == 1 && again.lines.last == "0 migrated, 2 up to date, 1 failed")
            let records = try installation.program().run("migrate", "tenants", "--history")
            #expect(records.lines.count == 4 && records.lines[1].contains("failed"), "\(records.output)")
            let current = try installation.program().run("migrate", "current")
            #expect(current.status == 1 && current.output.contains("failed"))
        }

        @Test func vanishedDatabaseIsAFailureOfItsTenant() throws {
            let tenants = try makeTenants("One", "Two")
            let name = try #require(SQLIdentifier(tenants[0].database))
            _ = try installation.connect().execute("DROP DATABASE \(identifier: name)")
            let outcome = try installation.program().run("migrate", "tenants")
            #expect(outcome.status == 1 && outcome.lines.last == "0 migrated, 1 up to date, 1 failed")
        }

        @Test func oneTenantIsMigratedAlone() throws {
            let tenants = try makeTenants("One", "Two")
            for tenant in tenants { try empty(tenant.database) }
            let outcome = try installation.program().run("migrate", "tenants", "--tenant-id", tenants[1].id)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "1 migrated, 0 up to date, 0 failed")
            let other: Bool = try installation.connect(to: tenants[0].database)
                .execute("SELECT to_regclass('documents') IS NULL")[0].decode(0)
            #expect(other)
        }

        @Test func dryRunSaysWhatIsPendingAndChangesNothing() throws {
            let tenants = try makeTenants("One", "Two")
            try empty(tenants[1].database)
            let outcome = try installation.program().run("migrate", "tenants", "--dry-run")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "1 of 2 would be migrated; nothing was changed")
            #expect(outcome.lines[2].hasPrefix(tenants[1].id) && outcome.lines[2].contains("1_tenant"))
            let isEmpty: Bool = try installation.connect(to: tenants[1].database)
                .execute("SELECT to_regclass('schema_migrations') IS NULL")[0].decode(0)
            #expect(isEmpty)
        }

        @Test func runStopsAtTheVersion() throws {
            let tenants = try makeTenants("One")
            try empty(tenants[0].database)
            #expect(try installation.program().run("migrate", "tenants", "--to", "11").status == 0)
            let history = try installation.program().run(
                "migrate", "tenants", "--history", "--tenant-id", tenants[0].id)
            let states = history.lines.dropFirst().map { $0.split(separator: " ")[2] }
            #expect(
                states.prefix(3).allSatisfy { $0 == "applied" } && states.dropFirst(3).allSatisfy { $0 == "pending" })
            let current = try installation.program().run("migrate", "current")
            #expect(current.status == 1 && current.lines.last?.split(separator: " ") == ["11", "migrated", "1"])
            #expect(try installation.program().run("migrate", "tenants").lines.last?.hasPrefix("1 migrated") == true)
            #expect(try installation.program().run("migrate", "current").status == 0)
        }

        @Test func reportIsJSON() throws {
            let tenants = try makeTenants("One")
            try empty(tenants[0].database)
            let outcome = try installation.program().run("migrate", "tenants", "--json")
            #expect(outcome.output.hasPrefix("{\"migrated\":1,\"current\":0,\"failed\":0,\"not_tried\":0"))
            #expect(outcome.output.contains("\"id\":\"\(tenants[0].id)\""))
        }

        @Test func secondRunAtATimeIsRefused() throws {
            _ = try makeTenants("One")
            let other = try installation.connect()
            // The key of a run over the tenants.
            _ = try other.execute("SELECT pg_advisory_lock(\(0x7361_6173_666c_6565 as Int64))")
            let outcome = try installation.program().run("migrate", "tenants")
            #expect(outcome.status == 1 && outcome.errors.contains("another run"))
            other.close()
        }

        @Test func canaryThatFailsKeepsTheOthersFromBeingTried() throws {
            let tenants = try makeTenants("One", "Two", "Three")
            for tenant in tenants { try empty(tenant.database) }
            _ = try installation.connect(to: tenants[1].database).execute(script: "CREATE TABLE documents (id integer)")
            let outcome = try installation.program().run("migrate", "tenants", "--canary", "2")
            #expect(outcome.status == 1)
            #expect(outcome.lines.last == "1 migrated, 0 up to date, 1 failed, 1 not tried")
        }

        @Test func runEndsWhenTooManyHaveFailed() throws {
            let tenants = try makeTenants("One", "Two", "Three")
            for tenant in tenants.prefix(2) { try spoil(tenant.database) }
            let outcome = try installation.program().run(
                "migrate", "tenants", "--stop-after", "2", "--parallel", "1")
            #expect(outcome.lines.last == "0 migrated, 0 up to date, 2 failed, 1 not tried")
        }

        @Test func migrationsComeFromADirectoryWhereItIsAllowed() throws {
            let tenants = try makeTenants("One")
            let directory = "\(installation.objects)/migrations"
            try write(
                "CREATE TABLE tried (id integer);", to: "9000_tried.sql", in: directory)
            let command = ["migrate", "tenants", "--migrations", directory]
            let refused = try installation.program(["APP_ENV": "production"]).start(command).finish()
            #expect(refused.status == 78, "\(refused.errors)")
            let outcome = try installation.program().start(command).finish()
            #expect(outcome.status == 0 && outcome.lines.last == "1 migrated, 0 up to date, 0 failed")
            try write("CREATE TABLE other (id integer);", to: "9000_tried.sql", in: directory)
            let changed = try installation.program().start(command).finish()
            #expect(changed.status == 1 && changed.errors.contains("migration 9000 was changed"))
            let there: Bool = try installation.connect(to: tenants[0].database)
                .execute("SELECT to_regclass('tried') IS NOT NULL AND to_regclass('other') IS NULL")[0].decode(0)
            #expect(there)
        }

        @Test func historyListsBothKinds() throws {
            _ = try installation.program().run("init-db")
            let outcome = try installation.program().run("migrate", "history")
            #expect(outcome.status == 0 && outcome.output.contains("fleet") && outcome.output.contains("tenant_audit"))
            let main = try installation.program().run("migrate", "main", "--history", "--json")
            #expect(main.output.hasPrefix("[\n{\"version\":1,\"name\":\"main\",\"state\":\"applied\""))
            #expect(try installation.program().run("migrate", "main", "--dry-run").lines.count == 1)
        }

        @Test func newMigrationGetsTheNextNumber() throws {
            let directory = "\(installation.objects)/new"
            mkdir(directory, 0o755)
            try write("SELECT 1;", to: "0041_old.sql", in: "\(directory)/tenant")
            let command = ["migrate", "new", "add_colour", "--directory", directory]
            let outcome = try installation.program().start(command).finish()
            #expect(outcome.status == 0 && outcome.lines == ["\(directory)/tenant/0042_add_colour.sql"])
            #expect(outcome.errors.contains("Migration(version: 42, name: \"add_colour\""))
            #expect(outcome.errors.contains("PackageResources._042_add_colour_sql"))
            #expect(try installation.program().start(command).finish().lines.first?.contains("0043_") == true)
            let bad = try installation.program().run("migrate", "new", "Add-Colour")
            #expect(bad.status == 64)
        }

        /// Writes a file, and its directory before it.
        private func write(_ text: String, to name: String, in directory: String) throws {
            mkdir(directory, 0o755)
            let file = try #require(fopen("\(directory)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }

        @Test func unknownTenantIsAFailure() throws {
            _ = try makeTenants("One")
            let id = TenantID.random()
            let outcome = try installation.program().run("migrate", "tenants", "--tenant-id=\(id)")
            #expect(outcome.status == 1)
            #expect(outcome.errorLines == ["saasctl: there is no tenant \(id) with a database"])
        }

        @Test func tenantsNeedTheMainDatabaseUpToDate() throws {
            _ = try installation.program().run("init-db")
            try empty(installation.database)
            let outcome = try installation.program().run("migrate", "tenants")
            #expect(outcome.status == 1 && outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("run saasctl migrate main"))
        }
    }
}
