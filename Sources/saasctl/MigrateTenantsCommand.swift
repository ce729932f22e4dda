import Base
import Contract
import Domain
import Persistence
import Postgres

/// `saasctl migrate tenants`
struct MigrateTenantsCommand: Command {
    private static let tenantID = Option.value("tenant-id", "ID", "this tenant alone, deleted ones too")

    static let syntax = Syntax(
        "migrate", "tenants", summary: "bring the tenants' schemas up to date", options: [tenantID],
        explanation: """
            Ready and suspended tenants are migrated one after the other, oldest first. One
            that fails is rolled back and reported, the others go on; then the exit status
            is 1, and the next run tries it again.
            """)

    private let tenant: TenantID?

    init(_ arguments: Arguments) throws(UsageError) { tenant = try arguments.value(of: Self.tenantID) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        var counts = (migrated: 0, current: 0, failed: 0)
        try installation.withData { repositories throws(Failure) in
            try forEachTenant(repositories) { tenant in
                do throws(PostgresError) {
                    let applied = try SchemaUpdate(migrations: Migrations.tenant, log: installation.log)
                        .apply(on: installation.connect(to: tenant.database.name))
                    if applied.isEmpty { counts.current += 1 } else { counts.migrated += 1 }
                    console.result("tenant \(tenant.id): \(SchemaUpdate.summary(applied))")
                } catch {
                    counts.failed += 1
                    // The server's words name what is wrong with the schema; this is the operator's own terminal.
                    console.note("tenant \(tenant.id): failed: \(String(reflecting: error).singleLine)")
                }
            }
        }
        console.result("\(counts.migrated) migrated, \(counts.current) up to date, \(counts.failed) failed")
        if counts.failed > 0 { throw .reported(.failure) }
    }

    private func forEachTenant(_ repositories: Repositories, _ body: (Tenant) -> Void) throws(Failure) {
        guard let tenant else {
            return try TenantPages(repositories: repositories, states: [.ready, .suspended])
                .forEach { page throws(Failure) in page.forEach(body) }
        }
        let found = try repositories.read { main throws(ErrorAnswer) in try main.tenants.find(tenant) }
        guard let found, found.state != .creating, found.state != .purged else {
            throw .failed("there is no tenant \(tenant) with a database")
        }
        body(found)
    }
}
