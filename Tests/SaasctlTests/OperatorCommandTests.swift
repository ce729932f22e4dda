import Base
import Glibc
import Postgres
import TestSupport
import Testing

@testable import saasctl

extension SaasctlSuite {
    /// The commands on tenants and users, on an installation with one of each.
    @Suite struct OperatorCommandTests {
        private let installation: TestInstallation
        private let tenant: String

        init() throws {
            installation = try TestInstallation()
            let outcome = try installation.program([
                "ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse 1", "TEST_TENANT_NAME": "Acme",
            ]).run("init-db", "--create-admin", "--create-test-tenant", "--non-interactive")
            try #require(outcome.status == 0, "\(outcome.errors)")
            tenant = try installation.text("SELECT id::text FROM tenants")
        }

        /// Runs a command that must succeed; its result as JSON.
        private func json(_ arguments: String...) throws -> [String: JSONValue] {
            let outcome = try installation.program().start(arguments + ["--json"]).finish()
            try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
            return try JSONValue(parsing: Array(outcome.output.utf8)).object ?? [:]
        }

        @Test func tenantGoesThroughItsLife() throws {
            let database = try installation.text("SELECT database_name FROM tenants")
            #expect(try json("tenants", "suspend", tenant)["suspended_by"] == .string("operator"))
            #expect(try json("tenants", "resume", tenant)["state"] == .string("ready"))
            #expect(try json("tenants", "delete", tenant)["state"] == .string("deleting"))
            #expect(try installation.program().run("tenants", "resume", tenant).status == 1)
            #expect(try json("tenants", "show", tenant)["purge_step"] == .string("waiting"))
            #expect(try json("tenants", "undelete", tenant)["state"] == .string("ready"))
            #expect(try installation.program().run("tenants", "purge", tenant, "--now").status == 1)
            _ = try json("tenants", "delete", tenant)
            let record = try json("tenants", "purge", tenant, "--now")
            #expect(record["finished_at"] != .null && record["objects"] == .integer(0))
            #expect(try json("tenants", "purge", tenant, "--now") == record)
            let shown = try json("tenants", "show", tenant)
            #expect(shown["state"] == .string("purged") && shown["name"] == .string("purged"))
            let databases: Int = try installation.connect()
                .execute("SELECT count(*)::int FROM pg_database WHERE datname = \(database)")[0].decode(0)
            #expect(databases == 0)
        }

        @Test func idAndDatabaseOfAPurgedTenantNeverComeBack() throws {
            let name = try installation.text("SELECT database_name FROM tenants")
            _ = try json("tenants", "delete", tenant)
            _ = try json("tenants", "purge", tenant, "--now")
            let main = try installation.connect()
            let id = tenant
            let attempts: [Query] = [
                "DELETE FROM tenants WHERE id = \(id)::uuid", "UPDATE tenants SET state = 'ready'",
                """
                INSERT INTO tenants (id, name, database_name, state, created_by, created_at, updated_at)
                SELECT gen_random_uuid(), 'Acme', \(name), 'ready', id, now(), now() FROM users
                """,
                "DELETE FROM tenant_deletions",
            ]
            for attempt in attempts { #expect(throws: PostgresError.self) { try main.execute(attempt) } }
        }

        @Test func purgeNeedsToBeMeant() throws {
            _ = try json("tenants", "delete", tenant)
            let outcome = try installation.program().run("tenants", "purge", tenant)
            #expect(outcome.status == 64 && outcome.errors.contains("--now"))
        }

        @Test func unknownTenantIsAFailure() throws {
            for verb in ["show", "suspend", "resume", "delete", "undelete"] {
                let outcome = try installation.program().run("tenants", verb, "00000000-0000-0000-0000-000000000001")
                #expect(outcome.status == 1, "\(verb)")
                #expect(outcome.errorLines == ["saasctl: there is no tenant 00000000-0000-0000-0000-000000000001"])
            }
        }

        @Test func tenantIsMadeForAUser() throws {
            let made = try json("tenants", "create", "Second & Co", "--owner", "root@example.com")
            #expect(made["name"] == .string("Second & Co") && made["state"] == .string("ready"))
            let orphan = try installation.program().run("tenants", "create", "X", "--owner", "nobody@example.com")
            #expect(orphan.status == 1 && orphan.errors.contains("no active user nobody@example.com"))
            #expect(try installation.program().run("tenants", "create", "X").status == 64)
        }

        @Test func userGoesThroughItsLife() throws {
            let made = try json(
                "users", "create", "Eve@Example.com", "--first-name", "Eve", "--last-name", "Adams", "--generate")
            #expect(made["email"] == .string("eve@example.com") && made["password"] != nil)
            let again = try installation.program().run(
                "users", "create", "eve@example.com", "--first-name", "E", "--last-name", "A", "--generate")
            #expect(again.status == 1 && again.errors.contains("already"))
            #expect(try json("users", "deactivate", "eve@example.com")["is_active"] == .bool(false))
            #expect(try json("users", "activate", "eve@example.com")["is_active"] == .bool(true))
            let hash = try installation.text("SELECT password_hash FROM users WHERE email = 'eve@example.com'")
            _ = try json("users", "reset-password", "eve@example.com", "--generate")
            #expect(try installation.text("SELECT password_hash FROM users WHERE email = 'eve@example.com'") != hash)
            let expires = try installation.text(
                """
                SELECT (password_expires_at BETWEEN now() + interval '71 h' AND now() + interval '73 h')::text
                FROM users WHERE email = 'eve@example.com'
                """)
            #expect(expires == "true")
            #expect(try json("users", "show", "root@example.com")["tenants"] != nil)
            #expect(try installation.program().run("users", "list").lines.count == 3)
            #expect(try installation.program().run("users", "show", "nobody@example.com").status == 1)
            #expect(try installation.program().run("users", "show", "nonsense").status == 64)
        }

        @Test func everythingIsResetInDevelopmentAlone() throws {
            let reset = ["db", "reset", "--yes-delete-everything"]
            for stage in ["production", "testing"] {
                let refused = try installation.program(["APP_ENV": stage]).start(reset).finish()
                #expect(refused.status == 1 && refused.errors.contains("development only"))
            }
            #expect(try installation.program(["APP_ENV": "development"]).run("db", "reset").status == 64)
            #expect(try json("users", "show", "root@example.com")["id"] != nil)
            let done = try installation.program(["APP_ENV": "development"]).start(reset).finish()
            #expect(done.status == 0, "\(done.errors)")
            #expect(try installation.program().run("users", "list").lines.count == 1)
        }

        @Test func unknownCommandNamesTheNearest() throws {
            let outcome = try installation.program().run("tenants", "supend", tenant)
            #expect(outcome.status == 64 && outcome.errors.contains("did you mean tenants suspend?"))
        }
    }
}
