import Base
import Glibc
import Postgres
import TestSupport
import Testing

@testable import saasctl

extension SaasctlSuite {
    /// What `--json` gives: one value on standard output, an array of commands that list, an object of the others.
    @Suite struct JSONOutputTests {
        private let installation: TestInstallation
        private let admin = [
            "ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse 1", "TEST_TENANT_NAME": "Reports",
        ]

        init() throws { installation = try TestInstallation() }

        /// Runs the command with `--json`; its exit status and the value that it prints, which must be its whole output.
        private func json(
            _ words: [String], _ more: [String: String] = [:], status: Int32 = 0,
            _ location: SourceLocation = #_sourceLocation
        ) throws -> JSONValue {
            let outcome = try installation.program(more).start(words + ["--json"]).finish()
            #expect(outcome.status == status, "\(words): \(outcome.errors)", sourceLocation: location)
            return try JSONValue(parsing: Array(outcome.output.utf8))
        }

        private func prepare() throws {
            _ = try json(["init-db", "--create-admin", "--create-test-tenant", "--non-interactive"], admin)
        }

        private func elements(_ value: JSONValue) -> [JSONValue]? {
            if case .array(let elements) = value { elements } else { nil }
        }

        /// A completion script is the one result that is no data.
        @Test func everyCommandHasTheOption() {
            for command in Program.commands where command.syntax.name != "completion" {
                #expect(command.syntax.options.contains { $0.name == "json" }, "\(command.syntax.name)")
            }
        }

        @Test func setUpTellsWhatItMade() throws {
            let words = ["init-db", "--create-admin", "--create-test-tenant", "--non-interactive"]
            let settings = ["ADMIN_EMAIL": "root@example.com"]
            let first = try json(words, settings)
            #expect(first["database"] == .string(installation.database) && first["created"] == .bool(true))
            #expect(try #require(first["applied"].flatMap(elements)).first == .string("0001_main"))
            #expect(first["admin"]?["email"] == .string("root@example.com"))
            #expect(first["admin"]?["created"] == .bool(true) && first["admin"]?["password"]?.string != nil)
            #expect(first["tenant"]?["name"] == .string("Test Tenant") && first["tenant"]?["created"] == .bool(true))
            let again = try json(words, settings)
            #expect(again["created"] == .bool(false) && again["applied"] == .array([]))
            #expect(again["admin"] == .object(["email": .string("root@example.com"), "created": .bool(false)]))
            #expect(again["tenant"]?["id"] == first["tenant"]?["id"] && again["tenant"]?["created"] == .bool(false))
        }

        @Test func setUpThatFailsTellsWhatItMadeBefore() throws {
            let report = try json(["init-db", "--create-test-tenant", "--non-interactive"], admin, status: 1)
            #expect(report["created"] == .bool(true) && report["tenant"] == .null && report["admin"] == .null)
        }

        @Test func settingsAreCheckedIntoAList() throws {
            try prepare()
            #expect(try json(["config", "check"]) == .object(["problems": .array([])]))
            let bad = try json(["config", "check", "--offline"], ["FCGI_WORKERS": "none"], status: 78)
            let problems = try #require(bad["problems"].flatMap(elements))
            #expect(problems.count == 1 && problems[0].string?.hasPrefix("FCGI_WORKERS ") == true)
        }

        @Test func migrationsAreTold() throws {
            try prepare()
            #expect(
                try json(["migrate", "main"])
                    == .object(["database": .string(installation.database), "applied": .array([])]))
            #expect(try json(["migrate", "main", "--dry-run"]) == .array([]))
            let history = try json(["migrate", "history"])
            let main = try #require(history["main"].flatMap(elements))
            #expect(main.first?["version"] == .integer(1) && main.allSatisfy { $0["state"] == .string("applied") })
            #expect(try #require(history["tenants"].flatMap(elements)).first?["name"] != nil)
            #expect(try json(["migrate", "current"])["main"] == main.last?["version"])
            #expect(try json(["migrate", "tenants"])["current"] == .integer(1))
            #expect(try #require(elements(json(["migrate", "tenants", "--dry-run"]))).count == 1)

            let directory = "\(installation.objects)/new"
            try #require(mkdir(directory, 0o700) == 0 && mkdir("\(directory)/tenant", 0o700) == 0)
            let new = try json(["migrate", "new", "add_colour", "--directory", directory])
            #expect(new["path"] == .string("\(directory)/tenant/0001_add_colour.sql") && new["version"] == .integer(1))
            #expect(new["registration"]?.string?.hasPrefix("Migration(version: 1, ") == true)
        }

        @Test func eventsAreListedAndReplayed() throws {
            try prepare()
            let waiting = try #require(elements(json(["events", "list"])))
            let id = try installation.text("SELECT id::text FROM tenants")
            let created = try #require(waiting.first { $0["event_type"] == .string("tenant.created") })
            #expect(created["tenant_id"] == .string(id) && created["attempts"] == .integer(0))
            #expect(created["event_id"]?.string != nil && created["last_error"] == .null)
            #expect(try json(["events", "dlq"]) == .array([]))

            try installation.connect().execute(
                script: """
                    INSERT INTO dead_letters SELECT gen_random_uuid(), 'audit.log', id, NULL, now(), '{}', 5, 'two
                    lines', now() FROM tenants;
                    INSERT INTO rejected_messages VALUES ('audit.log', 3, 14, 'no event', '\\x7b', 1, now());
                    """)
            let dead = try #require(elements(json(["events", "dlq"])))
            #expect(dead.count == 2)
            #expect(dead[0]["event_type"] == .string("audit.log") && dead[0]["cause"] == .string("two\nlines"))
            #expect(dead[0]["message"] == .null && dead[0]["attempts"] == .integer(5))
            #expect(dead[1]["message"] == .string("audit.log/3/14") && dead[1]["payload_bytes"] == .integer(1))
            #expect(dead[1]["event_id"] == .null)

            let replay = try json(["events", "replay", "--all"])
            #expect(replay["request"]?.integer != nil && replay["replayed"] == .null)
        }

        @Test func listsAreArraysAndTheRestObjects() throws {
            try prepare()
            for words in [["tenants", "list"], ["users", "list"], ["pools"], ["migrate", "tenants", "--history"]] {
                #expect(try elements(json(words)) != nil, "\(words)")
            }
            let tenant = try installation.text("SELECT id::text FROM tenants")
            #expect(try json(["files", "process", "--tenant", tenant]) == .object(["requested": .integer(0)]))
            #expect(try json(["files", "sweep", "--tenant", tenant])["missing_count"] == .integer(0))
            // No worker runs.
            #expect(try json(["events", "status"], status: 1)["workers"] == .array([]))
        }
    }
}
