import Base
import Contract
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
            #expect(
                outcome.lines == [
                    "tenant \(tenants[1].id): \(Applied.allOfTenant)", "tenant \(tenants[2].id): up to date",
                    "1 migrated, 1 up to date, 1 failed",
                ])
            #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("tenant \(tenants[0].id): failed: "))

            let again = try installation.program().run("migrate", "tenants")
            #expect(again.status == 1 && again.lines.last == "0 migrated, 2 up to date, 1 failed")
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
            #expect(
                outcome.lines == [
                    "tenant \(tenants[1].id): \(Applied.allOfTenant)", "1 migrated, 0 up to date, 0 failed",
                ])
            let other: Bool = try installation.connect(to: tenants[0].database)
                .execute("SELECT to_regclass('documents') IS NULL")[0].decode(0)
            #expect(other)
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
