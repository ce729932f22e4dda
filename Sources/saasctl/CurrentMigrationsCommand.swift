import Base
import Persistence
import Postgres

/// `saasctl migrate current`
struct CurrentMigrationsCommand: Command {
    static let syntax = Syntax(
        "migrate", "current", summary: "how far the main database's and the tenants' schemas have come",
        options: [.json],
        explanation: """
            The tenants as the last run left them; saasctl migrate tenants --dry-run looks into
            each. Exit status 1 when something is behind or has failed.
            """)

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    /// Tenants that stand alike.
    private struct Group: JSONWritable {
        let version: Int?
        let status: String
        let tenants: Int64

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("version", version)
                json.member("status", status)
                json.member("tenants", tenants)
            }
        }
    }

    private struct Report: JSONWritable {
        let main: Int
        let newest: Int
        let groups: [Group]

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("main", main)
                json.member("release_tenants", newest)
                json.member("tenants", groups)
            }
        }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let main: MigrationHistory
        var groups: [Group] = []
        do throws(PostgresError) {
            let connection = try installation.connect(to: installation.mainDatabase)
            main = MigrationHistory(statuses: try Migrator(Migrations.main).status(on: connection))
            let rows = try connection.execute(
                """
                SELECT s.version, coalesce(s.status, 'unknown'), count(*) FROM tenants t
                LEFT JOIN tenant_schemas s ON s.tenant_id = t.id
                WHERE t.state IN ('ready', 'suspended') GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2
                """)
            for row in rows {
                groups.append(
                    Group(version: try row.decodeIfPresent(0), status: try row.decode(1), tenants: try row.decode(2)))
            }
        } catch {
            throw Failure(error)
        }
        let newest = Migrations.tenant.map(\.version).max() ?? 0
        if asJSON {
            console.result(json: Report(main: main.version, newest: newest, groups: groups))
        } else {
            console.result("main database at \(main.version); this release has \(newest) for tenants")
            let rows = groups.map { [$0.version.map(String.init) ?? "?", $0.status, "\($0.tenants)"] }
            for line in Table.lines([["VERSION", "STATUS", "TENANTS"]] + rows) { console.result(line) }
        }
        let isBehind = main.pending > 0 || groups.contains { $0.status != "migrated" || $0.version ?? 0 < newest }
        if isBehind { throw .reported(.failure) }
    }
}
