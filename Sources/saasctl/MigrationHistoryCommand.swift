import Base
import Persistence
import Postgres

/// `saasctl migrate history`
struct MigrationHistoryCommand: Command {
    static let syntax = Syntax(
        "migrate", "history", summary: "the migrations of this release, and when the main database's were applied",
        explanation: "One tenant's: saasctl migrate tenants --history --tenant-id ID.")

    init(_ arguments: Arguments) {}

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let main: [MigrationStatus]
        do {
            main = try Migrator(Migrations.main).status(on: installation.connect(to: installation.mainDatabase))
        } catch {
            throw Failure(error)
        }
        console.result("main database \(installation.mainDatabase)")
        MigrationHistory(statuses: main).show(asJSON: false, console)
        console.result("tenants' databases")
        let rows = Migrations.tenant.map { ["\($0.version)", $0.name] }
        for line in Table.lines([["VERSION", "NAME"]] + rows) { console.result(line) }
    }
}
