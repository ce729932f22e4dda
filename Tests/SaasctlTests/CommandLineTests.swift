import Testing

@testable import saasctl

extension SaasctlSuite {
    @Suite struct CommandLineTests {
        private let program = Saasctl(environment: [:])

        @Test func wrongCommandLineIsOneLineAnd64() throws {
            let wrong: [[String]] = [
                [], ["frobnicate"], ["tenants"], ["tenants", "lisst"], ["--frobnicate"], ["init-db", "--force"],
                ["init-db", "now"], ["migrate"], ["migrate", "tenants", "--tenant-id", "7"], ["config", "check", "-v"],
                ["--version", "--json"],
            ]
            for arguments in wrong {
                let outcome = try program.start(arguments).finish()
                #expect(outcome.status == 64, "\(arguments)")
                #expect(outcome.errorLines.count == 1 && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
            }
        }

        @Test func everyCommandHasHelp() throws {
            for command in Program.commands {
                let syntax = command.syntax
                for arguments in [syntax.words + ["--help"], ["help"] + syntax.words] {
                    let outcome = try program.start(arguments).finish()
                    #expect(outcome.status == 0 && outcome.errors.isEmpty)
                    #expect(outcome.output.hasPrefix("saasctl \(syntax.name)"))
                    for option in syntax.options { #expect(outcome.output.contains("--\(option.name)")) }
                }
            }
        }

        @Test func overviewNamesEveryCommand() throws {
            let outcome = try program.run("--help")
            #expect(outcome.status == 0)
            for command in Program.commands { #expect(outcome.output.contains("  \(command.syntax.name) ")) }
        }

        @Test func helpOfAGroupNamesItsCommandsAlone() throws {
            let outcome = try program.run("migrate", "--help")
            #expect(outcome.output.contains("  migrate tenants ") && !outcome.output.contains("  tenants list "))
        }

        @Test func versionIsShown() throws {
            let outcome = try program.run("--version")
            #expect(outcome.status == 0 && outcome.output.hasPrefix("saasctl \(Version.number)"))
        }

        @Test func helpNeedsNoSettingsButWorkDoes() throws {
            let outcome = try program.run("tenants", "list")
            #expect(outcome.status == 78)
            #expect(outcome.errorLines == ["configuration: DATABASE_URL is not set"])
        }
    }
}
