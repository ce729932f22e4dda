import Testing

extension SaasctlSuite {
    @Suite struct CheckConfigurationTests {
        private let installation: TestInstallation

        init() throws { installation = try TestInstallation() }

        @Test func goodSettingsAreSaidSo() throws {
            _ = try installation.program().run("init-db")
            let outcome = try installation.program().run("config", "check")
            #expect(outcome.status == 0, "\(outcome.output)")
            #expect(outcome.output == "configuration: no problems\n" && outcome.errors.isEmpty)
        }

        @Test func everyProblemIsListedAtOnceWithoutSecrets() throws {
            let program = Saasctl(environment: [
                "DATABASE_URL": "postgresql://saas:hidden%zz@/x", "JWT_SECRET_KEY": "hidden", "FCGI_WORKERS": "none",
                "S3_BUCKET": "b", "S3_ACCESS_KEY_ID": "hidden-key", "MAX_UPLOAD_BYTES": "0", "APP_ENV": "prod",
                "ADMIN_PASSWORD": "hidden", "LOG_LEVEL": "loud", "PUBLIC_BASE_URL": "localhost",
                "UPLOAD_GRANT_PRIVATE_KEY_FILE": "/nonexistent", "SPOOL_DIR": "/dev/null",
                "CORS_SUPPORTS_CREDENTIALS": "true",
            ])
            let outcome = try program.run("config", "check")
            #expect(outcome.status == 78 && outcome.errors.isEmpty)
            #expect(!outcome.output.contains("hidden"))
            let names = [
                "FCGI_WORKERS", "DATABASE_URL", "S3_SECRET_ACCESS_KEY", "JWT_SECRET_KEY", "MAX_UPLOAD_BYTES",
                "LOG_LEVEL", "PUBLIC_BASE_URL", "CORS_SUPPORTS_CREDENTIALS", "UPLOAD_GRANT_PRIVATE_KEY_FILE",
                "SPOOL_DIR", "ADMIN_PASSWORD", "APP_ENV",
            ]
            #expect(outcome.lines.count == names.count, "\(outcome.output)")
            for (line, name) in zip(outcome.lines, names) { #expect(line.hasPrefix("configuration: \(name) ")) }
        }

        @Test func missingDatabaseAndStoreAreFound() throws {
            let program = installation.program(["OBJECT_DIR": "/proc/nonexistent/objects"])
            let outcome = try program.run("config", "check")
            #expect(outcome.status == 78 && outcome.errors.isEmpty)
            #expect(outcome.lines.count == 2, "\(outcome.output)")
            #expect(
                outcome.lines.first
                    == "configuration: DATABASE_URL: the database does not exist; saasctl init-db creates it")
            #expect(outcome.lines.last?.hasPrefix("configuration: OBJECT_DIR: ") == true)
        }

        @Test func partOfAPasswordInTheHostIsNotShown() throws {
            // An @ that is not escaped: libpq takes what follows for the host, and names it in its message.
            let program = installation.program(["DATABASE_URL": "postgresql://saas:top@hidden@host/x"])
            let outcome = try program.run("config", "check")
            #expect(outcome.status == 78 && !(outcome.output + outcome.errors).contains("hidden"))
        }

        @Test func refusedUserIsToldApartFromASilentServer() throws {
            let url = try #require(installation.environment["DATABASE_URL"])
            let refused = installation.program(["DATABASE_URL": url.replacing("postgres@", with: "nobody@")])
            #expect(try refused.run("config", "check").output.contains("refuses the user or the password"))
            let silent = installation.program(["DATABASE_URL": "postgresql://postgres@/x?host=/nonexistent"])
            #expect(try silent.run("config", "check").output.contains("PostgreSQL cannot be reached"))
        }

        @Test func offlineAsksNobody() throws {
            let outcome = try installation.program().run("config", "check", "--offline")
            #expect(outcome.status == 0, "\(outcome.output)")
        }
    }
}
