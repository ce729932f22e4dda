import Base
import Persistence
import Postgres

/// `saasctl migrate main`
struct MigrateMainCommand: Command {
    private static let dryRun = Option.flag("dry-run", "say what would be applied, change nothing")
    private static let history = Option.flag("history", "say what has been applied when")
    private static let to = Option.value("to", "VERSION", "stop at this version")
    private static let json = Option.flag("json", "one JSON object; an array with --dry-run and --history")

    static let syntax = Syntax(
        "migrate", "main", summary: "bring the main database's schema up to date",
        options: [dryRun, history, to, MigrationFiles.option, json],
        explanation: """
            Waits for another run on the same database. A migration that fails is rolled
            back; those before it stay, and the next run goes on there.
            """)

    private let showsPlan: Bool
    private let showsHistory: Bool
    private let last: Int?
    private let directory: String?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        showsPlan = arguments.has(Self.dryRun)
        showsHistory = arguments.has(Self.history)
        last = try arguments.value(of: Self.to, as: PositiveNumber.self)?.value
        directory = try arguments.value(of: MigrationFiles.option, as: DirectoryPath.self)?.path
        asJSON = arguments.has(Self.json)
        if showsPlan, showsHistory { throw UsageError("--dry-run and --history do not go together") }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let migrations = try MigrationFiles.choose(directory, else: Migrations.main, environment)
        if let last, !migrations.contains(where: { $0.version == last }) {
            throw .failed("there is no migration \(last) of the main database")
        }
        guard showsPlan || showsHistory else {
            let name = installation.mainDatabase
            let applied = try MainDatabase(installation: installation).migrate(migrations, upTo: last)
            guard asJSON else { return console.result("database \(name): \(SchemaUpdate.summary(applied))") }
            return console.result(
                json: JSONValue.object([
                    "database": .string(name), "applied": .array(applied.map { .string($0) }),
                ]))
        }
        let statuses: [MigrationStatus]
        do {
            statuses = try Migrator(migrations).status(on: installation.connect(to: installation.mainDatabase))
        } catch {
            throw Failure(error)
        }
        let wanted = showsHistory ? statuses : statuses.filter { $0.state == .pending && $0.version <= last ?? .max }
        MigrationHistory(statuses: wanted).show(asJSON: asJSON, console)
    }
}
