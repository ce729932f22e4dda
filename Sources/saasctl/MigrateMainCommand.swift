import Base

/// `saasctl migrate main`
struct MigrateMainCommand: Command {
    static let syntax = Syntax(
        "migrate", "main", summary: "bring the main database's schema up to date",
        explanation: """
            Waits for another run on the same database. A migration that fails is rolled
            back; those before it stay, and the next run goes on there.
            """)

    init(_ arguments: Arguments) {}

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let applied = try MainDatabase(installation: installation).migrate()
        console.result("database \(installation.mainDatabase): \(SchemaUpdate.summary(applied))")
    }
}
