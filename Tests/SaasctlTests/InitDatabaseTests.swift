import Crypto
import Domain
import Postgres
import TestSupport
import Testing

extension SaasctlSuite {
    @Suite struct InitDatabaseTests {
        private let installation: TestInstallation
        private let admin = ["ADMIN_EMAIL": " Root@Example.com ", "ADMIN_PASSWORD": "correct horse 1"]

        init() throws { installation = try TestInstallation() }

        private func storedHash() throws -> String {
            try installation.text("SELECT password_hash FROM users WHERE email = 'root@example.com'")
        }

        private func opens(_ password: String) throws -> Bool {
            try PasswordHasher(cost: 4).verify(password, against: storedHash())
        }

        private func count(_ query: Query) throws -> Int { try installation.connect().execute(query)[0].decode(0) }

        @Test func missingDatabaseIsMadeOnce() throws {
            let first = try installation.program().run("init-db", "--non-interactive")
            #expect(first.status == 0, "\(first.errors)")
            #expect(
                first.lines == [
                    "database \(installation.database): created",
                    "database \(installation.database): \(Applied.allOfMain)",
                ])
            #expect(first.errors.isEmpty)
            #expect(try count("SELECT count(*) FROM users") == 0)

            let second = try installation.program().run("init-db")
            #expect(second.status == 0, "\(second.errors)")
            #expect(
                second.lines == [
                    "database \(installation.database): exists already",
                    "database \(installation.database): up to date",
                ])
        }

        @Test func adminGetsTheGivenPassword() throws {
            let program = installation.program(admin.merging(["ADMIN_FIRST_NAME": "Ada"]) { $1 })
            let outcome = try program.run("init-db", "--create-admin", "--non-interactive")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "admin root@example.com: created")
            #expect(!(outcome.output + outcome.errors).contains("correct horse"))
            #expect(try opens("correct horse 1"))
            #expect(try installation.text("SELECT first_name || ' ' || last_name FROM users") == "Ada User")
        }

        @Test func existingAdminIsLeftAlone() throws {
            _ = try installation.program(admin).run("init-db", "--create-admin", "--non-interactive")
            let hash = try storedHash()
            let other = installation.program(["ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "another one 2"])
            let outcome = try other.run("init-db", "--create-admin", "--non-interactive")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "admin root@example.com: exists already, left unchanged")
            #expect(try storedHash() == hash)
        }

        @Test func generatedPasswordIsShownOnce() throws {
            let program = installation.program(["ADMIN_EMAIL": "root@example.com"])
            let first = try program.run("init-db", "--create-admin", "--non-interactive")
            #expect(first.status == 0, "\(first.errors)")
            let line = try #require(first.lines.last)
            let prefix = "password (shown this once): "
            try #require(line.hasPrefix(prefix))
            let password = String(line.dropFirst(prefix.count))
            #expect(try opens(password))

            let second = try program.run("init-db", "--create-admin", "--non-interactive")
            #expect(second.status == 0 && !second.output.contains("password"))
            #expect(try opens(password))
        }

        @Test func withoutAnAddressNothingIsTouched() throws {
            for arguments in [["--non-interactive"], []] {
                let outcome = try installation.program().start(["init-db", "--create-admin"] + arguments).finish()
                #expect(outcome.status == 78)
                #expect(outcome.errorLines.count == 1 && outcome.errors.contains("ADMIN_EMAIL"))
            }
            #expect(throws: PostgresError.self) { try installation.connect() }
        }

        @Test func everyBadAdminSettingIsNamedWithoutItsValue() throws {
            let program = installation.program([
                "ADMIN_EMAIL": "nobody", "ADMIN_PASSWORD": "short-secret", "ADMIN_FIRST_NAME": " ",
                "TEST_TENANT_NAME": String(repeating: "x", count: 256),
            ])
            let outcome = try program.run("init-db", "--create-admin", "--non-interactive")
            #expect(outcome.status == 78)
            #expect(
                outcome.errorLines == [
                    "configuration: ADMIN_EMAIL must be an email address",
                    "configuration: ADMIN_FIRST_NAME must not be empty",
                    "configuration: ADMIN_PASSWORD must contain a digit",
                    "configuration: TEST_TENANT_NAME must be at most 255 characters",
                ])
            #expect(throws: PostgresError.self) { try installation.connect() }
        }

        @Test func testTenantIsMadeOnceWithItsDatabase() throws {
            let program = installation.program(admin)
            let first = try program.run("init-db", "--create-admin", "--create-test-tenant", "--non-interactive")
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.lines.last?.hasSuffix("Test Tenant: created") == true)
            let database = try installation.text("SELECT database_name FROM tenants WHERE state = 'ready'")
            let documents: Int = try installation.connect(to: database).execute("SELECT count(*) FROM documents")[0]
                .decode(0)
            #expect(documents == 0)
            #expect(
                try installation.text(
                    """
                    SELECT u.email || ' ' || m.role
                    FROM user_tenant_associations m JOIN users u ON u.id = m.user_id
                    """) == "root@example.com admin")

            let second = try program.run("init-db", "--create-test-tenant", "--non-interactive")
            #expect(second.status == 0, "\(second.errors)")
            #expect(second.lines.last?.hasSuffix("Test Tenant: exists already") == true)
            #expect(try count("SELECT count(*) FROM tenants") == 1)
        }

        @Test func testTenantNeedsItsOwner() throws {
            let outcome = try installation.program(admin).run("init-db", "--create-test-tenant", "--non-interactive")
            #expect(outcome.status == 1)
            #expect(
                outcome.errorLines == [
                    "saasctl: there is no user root@example.com to own the test tenant; add --create-admin"
                ])
        }

        @Test func runsAtOnceEndInOneOfEverything() throws {
            let program = installation.program(admin)
            let arguments = ["init-db", "--create-admin", "--create-test-tenant", "--non-interactive"]
            let outcomes = try (0..<4).map { _ in try program.start(arguments) }.map { try $0.finish() }
            for outcome in outcomes { #expect(outcome.status == 0, "\(outcome.errors)") }
            #expect(outcomes.count { $0.output.contains("database \(installation.database): created") } == 1)
            #expect(outcomes.count { $0.output.contains("root@example.com: created") } == 1)
            #expect(outcomes.count { $0.output.contains("Test Tenant: created") } == 1)
            #expect(try count("SELECT count(*) FROM users") == 1)
            #expect(try count("SELECT count(*) FROM tenants") == 1)
        }

        @Test func databaseOfAnOddNameIsNotMade() throws {
            let url = try #require(installation.environment["DATABASE_URL"])
            let program = installation.program(["DATABASE_URL": url.replacing(installation.database, with: "My-Data")])
            let outcome = try program.run("init-db")
            #expect(outcome.status == 1 && outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("create the database yourself: My-Data"))
        }

        @Test func unreachableServerIsOneLine() throws {
            let program = installation.program(["DATABASE_URL": "postgresql://saas:hidden@/x?host=/nonexistent"])
            let outcome = try program.run("init-db")
            #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("PostgreSQL cannot be reached") && !outcome.errors.contains("hidden"))
        }
    }
}
