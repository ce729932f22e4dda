import Crypto
import Glibc
import Postgres
import TestSupport
import Testing

extension SaasctlSuite {
    @Suite struct TerminalTests {
        private let installation: TestInstallation

        init() throws { installation = try TestInstallation() }

        @Test func missingFactsAreAskedForAndThePasswordIsHidden() throws {
            let session = try TerminalSession(installation.program(), ["init-db", "--create-admin"])
            try session.expect("Email: ")
            try session.type("nobody\n")
            try session.expect("Email must be an email address.")
            try session.expect("Email: ")
            try session.type("root@example.com\n")
            try session.expect("First name [Admin]: ")
            #expect(session.echoes)
            try session.type("Grace\n")
            try session.expect("Last name [User]: ")
            try session.type("\n")
            try session.expect("Password: ")
            #expect(!session.echoes)
            try session.type("tooshort\n")
            try session.expect("Password must contain a digit.")
            try session.expect("Password: ")
            try session.type("analytical 1\n")
            try session.expect("Password again: ")
            #expect(!session.echoes)
            try session.type("analytical 2\n")
            try session.expect("The two are not the same.")
            try session.expect("Password: ")
            try session.type("analytical 1\n")
            try session.expect("Password again: ")
            try session.type("analytical 1\n")
            try session.expect("admin root@example.com: created")
            #expect(session.end() == 0)
            #expect(session.echoes)
            #expect(!session.screen.contains("analytical") && !session.screen.contains("tooshort"))
            #expect(try installation.text("SELECT first_name || ' ' || last_name FROM users") == "Grace User")
            let hash = try installation.text("SELECT password_hash FROM users")
            #expect(PasswordHasher(cost: 4).verify("analytical 1", against: hash))
        }

        @Test func interruptAtThePasswordRestoresTheTerminal() throws {
            let program = installation.program([
                "ADMIN_EMAIL": "root@example.com", "ADMIN_FIRST_NAME": "A", "ADMIN_LAST_NAME": "B",
            ])
            let session = try TerminalSession(program, ["init-db", "--create-admin"])
            try session.expect("Password: ")
            #expect(!session.echoes)
            try session.type("\u{3}")
            #expect(session.end() == -SIGINT)
            #expect(session.echoes)
        }

        @Test func endOfInputEndsTheProgram() throws {
            let session = try TerminalSession(installation.program(), ["init-db", "--create-admin"])
            try session.expect("Email: ")
            try session.type("\u{4}")
            #expect(session.end() == 1)
            #expect(session.screen.contains("saasctl: no answer was given"))
        }
    }
}
