import Base
import Configuration

/// The commands, and how the command line chooses one.
enum Program {
    static let commands: [any Command.Type] = [
        InitDatabaseCommand.self, MigrateMainCommand.self, MigrateTenantsCommand.self,
        CurrentMigrationsCommand.self, MigrationHistoryCommand.self, NewMigrationCommand.self, ShowPoolsCommand.self,
        CreateTenantCommand.self, ListTenantsCommand.self, ShowTenantCommand.self, SuspendTenantCommand.self,
        ResumeTenantCommand.self, DeleteTenantCommand.self, UndeleteTenantCommand.self, PurgeTenantCommand.self,
        ExportTenantCommand.self, ImportTenantCommand.self, RestoreTenantCommand.self, BackupCommand.self,
        CreateUserCommand.self, ListUsersCommand.self, ShowUserCommand.self,
        SetUserActiveCommand<UserMayEnter>.self, SetUserActiveCommand<UserKeptOut>.self, ResetPasswordCommand.self,
        ResetDatabaseCommand.self, CompletionCommand.self,
        EventsStatusCommand.self, ListEventsCommand.self, ListDeadLettersCommand.self, ReplayEventsCommand.self,
        UploadCommand.self, SweepFilesCommand.self, ProcessFilesCommand.self, CheckConfigurationCommand.self,
        PushToVaultCommand.self, GrantRightsCommand.self,
    ]

    /// Runs the command that the words name.
    static func run(_ words: [String], _ environment: Environment, _ console: Console) -> ExitStatus {
        // `saasctl help migrate` is `saasctl migrate --help`.
        let words = words.first == "help" ? words.dropFirst() + ["--help"] : words[...]
        let name = Array(words.prefix { !$0.hasPrefix("-") })
        let options = words.dropFirst(name.count)
        // Of `events` and `events list` the longer one.
        let named = commands.filter { name.starts(with: $0.syntax.words) }
        guard let command = named.max(by: { $0.syntax.words.count < $1.syntax.words.count }) else {
            return answer(name: name, options: Array(options), console)
        }
        let syntax = command.syntax
        let rest = words.dropFirst(syntax.words.count)
        if wantsHelp(rest.prefix { $0 != "--" }) {
            console.result(syntax.help)
            return .success
        }
        do throws(UsageError) {
            let arguments = try Arguments(
                rest, for: syntax.options, parameters: syntax.parameters, takesOperands: syntax.operands != nil)
            return perform(try command.init(arguments), environment, console)
        } catch {
            return refuse(error, see: "saasctl \(syntax.name)", console)
        }
    }

    private static func perform(_ command: any Command, _ process: Environment, _ console: Console) -> ExitStatus {
        do {
            guard type(of: command).readsSettings else {
                try command.run(process, console)
                return .success
            }
            let configuration = ProgramConfiguration(for: .operator, from: process)
            for note in configuration.notes { console.note("saasctl: \(note)") }
            try command.run(configuration.environment, console)
            return .success
        } catch {
            console.report(error)
            return error.status
        }
    }

    /// What is said when the words name no command: help for a group or for all, the version, or what is wrong.
    private static func answer(name: [String], options: [String], _ console: Console) -> ExitStatus {
        let group = commands.map { $0.syntax }.filter { $0.words.starts(with: name) }
        if !group.isEmpty, wantsHelp(options) {
            console.result(overview(of: group))
            return .success
        }
        if name.isEmpty, options == ["--version"] {
            console.result(Version.text)
            return .success
        }
        return refuse(error(name: name, options: options, group: group), see: "saasctl", console)
    }

    private static func error(name: [String], options: [String], group: [Syntax]) -> UsageError {
        if let option = options.first, name.isEmpty { return UsageError("unknown option \(option)") }
        if name.isEmpty { return UsageError("a command is needed") }
        guard group.isEmpty else {
            let names = group.map(\.name).joined(separator: ", ")
            return UsageError("\(name.joined(separator: " ")) is no command by itself; there is \(names)")
        }
        let typed = name.joined(separator: " ")
        // What follows a command's words are its parameters.
        let known = commands.map { $0.syntax.name }
        let near =
            Nearest.word(to: name.prefix(2).joined(separator: " "), of: known)
            ?? Nearest.word(
                to: name[0], of: known + known.compactMap { $0.split(separator: " ").first.map(String.init) })
        return UsageError("unknown command \(typed)" + (near.map { "; did you mean \($0)?" } ?? ""))
    }

    private static func refuse(_ error: UsageError, see command: String, _ console: Console) -> ExitStatus {
        console.note("saasctl: \(error.sentence); see \(command) --help")
        return .usage
    }

    private static func wantsHelp(_ words: some Collection<String>) -> Bool {
        words.contains { $0 == "--help" || $0 == "-h" }
    }

    private static func overview(of commands: [Syntax]) -> String {
        let rows = commands.map { ["  \($0.name)", $0.summary] }
        return
            (["saasctl COMMAND [OPTION...]", "", "Commands:"] + Table.lines(rows) + [
                "", "Options:",
                "  --help     show this text, or that of a command: saasctl COMMAND --help",
                "  --version  show the release",
                "",
                """
                Settings come from the environment, the same variables as the programs'.
                Results go to standard output, all else to standard error; with --json, which
                every command has, the result is one JSON value. Exit status: 0 done, 1 failed,
                64 wrong command line, 65 damaged archive, 78 unusable settings.
                saasctl completion bash|zsh prints a script that completes words on Tab.
                """,
            ]).joined(separator: "\n")
    }
}
