import Base
import Persistence
import Postgres

/// `saasctl migrate history`
struct MigrationHistoryCommand: Command {
    static let syntax = Syntax(
        "migrate", "history", summary: "the migrations of this release, and when the main database's were applied",
        options: [.json], explanation: "One tenant's: saasctl migrate tenants --history --tenant-id ID.")

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    /// The main database's migrations with their states, the tenants' by name.
    private struct Report: JSONWritable {
        let database: String
        let main: [MigrationStatus]
        let tenants: [Migration]

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("database", database)
                json.member("main", main)
                json.key("tenants")
                json.array(tenants) { json, migration in
                    json.object { json in
                        json.member("version", migration.version)
                        json.member("name", migration.name)
                    }
                }
            }
        }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let main: [MigrationStatus]
        do {
            main = try Migrator(Migrations.main).status(on: installation.connect(to: installation.mainDatabase))
        } catch {
            throw Failure(error)
        }
        guard !asJSON else {
            return console.result(
                json: Report(database: installation.mainDatabase, main: main, tenants: Migrations.tenant))
        }
        console.result("main database \(installation.mainDatabase)")
        MigrationHistory(statuses: main).show(asJSON: false, console)
        console.result("tenants' databases")
        let rows = Migrations.tenant.map { ["\($0.version)", $0.name] }
        for line in Table.lines([["VERSION", "NAME"]] + rows) { console.result(line) }
    }
}
