import Base
import Contract
import Domain
import Persistence
import Postgres

/// `saasctl migrate tenants`
struct MigrateTenantsCommand: Command {
    private static let tenantID = Option.value("tenant-id", "ID", "this tenant alone, deleted ones too")
    private static let dryRun = Option.flag("dry-run", "say what would be applied, change nothing")
    private static let history = Option.flag("history", "say how each stands, or what --tenant-id has applied when")
    private static let canary = Option.value("canary", "N", "the first N one after the other; stop if one fails")
    private static let stopAfter = Option.value("stop-after", "K", "stop when K have failed (default: never)")
    private static let parallel = Option.value("parallel", "P", "how many at a time (4, less with few connections)")
    private static let to = Option.value("to", "VERSION", "stop at this version")
    private static let json = Option.flag("json", "one JSON object; an array with --dry-run and --history")

    static let syntax = Syntax(
        "migrate", "tenants", summary: "bring the tenants' schemas up to date",
        options: [tenantID, dryRun, history, canary, stopAfter, parallel, to, MigrationFiles.option, json],
        explanation: """
            Ready and suspended tenants are migrated, oldest first, while they are served. One
            that fails is rolled back, reported and written down, the others go on; then the
            exit status is 1, and the next run goes on where this one ended, also after a
            crash. Two runs at a time are refused. There is no way down: restore a backup, or
            write another migration (docs/tenancy.md).
            """)

    private let tenant: TenantID?
    private let showsPlan: Bool
    private let showsHistory: Bool
    private let limits: FleetRun.Limits
    private let isParallelGiven: Bool
    private let last: Int?
    private let directory: String?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(of: Self.tenantID)
        showsPlan = arguments.has(Self.dryRun)
        showsHistory = arguments.has(Self.history)
        last = try arguments.value(of: Self.to, as: PositiveNumber.self)?.value
        directory = try arguments.value(of: MigrationFiles.option, as: DirectoryPath.self)?.path
        asJSON = arguments.has(Self.json)
        isParallelGiven = arguments.has(Self.parallel)
        limits = FleetRun.Limits(
            canaries: try arguments.value(of: Self.canary, as: PositiveNumber.self)?.value ?? 0,
            stopAfter: try arguments.value(of: Self.stopAfter, as: PositiveNumber.self)?.value,
            parallel: try arguments.value(of: Self.parallel, as: PositiveNumber.self)?.value ?? 4)
        if showsPlan, showsHistory { throw UsageError("--dry-run and --history do not go together") }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let migrations = try MigrationFiles.choose(directory, else: Migrations.tenant, environment)
        if let last, !migrations.contains(where: { $0.version == last }) {
            throw .failed("there is no migration \(last) for tenants")
        }
        let tenants = try installation.withData { repositories throws(Failure) in try find(repositories) }
        let view = TenantSchemaView(installation: installation, migrations: migrations, last: last, asJSON: asJSON)
        if showsPlan { return try view.showPlan(tenants, console) }
        if showsHistory {
            return try tenant == nil ? view.showRecords(tenants, console) : view.showHistory(tenants[0], console)
        }
        try migrate(tenants, migrations, installation, console)
    }

    private func migrate(
        _ tenants: [Tenant], _ migrations: [Migration], _ installation: Installation, _ console: Console
    ) throws(Failure) {
        let ledger: TenantSchemaLedger
        let known: [TenantSchemaRecord]
        let isFirst: Bool
        do throws(PostgresError) {
            ledger = try TenantSchemaLedger(installation.settings.main, log: installation.log)
            isFirst = try ledger.beginRun()
            known = try ledger.records()
        } catch {
            throw Failure(error)
        }
        defer { ledger.close() }
        guard isFirst else { throw .failed("another run of saasctl migrate tenants is under way") }
        let bar = FleetProgress(total: tenants.count, console)
        let begun = ContinuousClock.now
        var limits = limits
        // One connection is the ledger's.
        if !isParallelGiven { limits.parallel = max(1, min(limits.parallel, installation.settings.budget - 1)) }
        let run = FleetRun(
            tenants,
            migration: TenantMigration(
                installation: installation, migrations: migrations, last: last, ledger: ledger,
                known: Dictionary(uniqueKeysWithValues: known.map { ($0.tenant, $0) })), limits: limits
        ) { bar.show(done: $0, failed: $1) }
        let outcomes = run.run()
        bar.clear()
        let report = FleetReport(outcomes: outcomes, duration: ContinuousClock.now - begun)
        if asJSON {
            console.result(json: report)
        } else {
            for line in report.lines { console.result(line) }
        }
        for line in report.failures { console.note(line) }
        if report.count(.failed) > 0 { throw .reported(.failure) }
    }

    private func find(_ repositories: Repositories) throws(Failure) -> [Tenant] {
        guard let tenant else {
            var tenants: [Tenant] = []
            try TenantPages(repositories: repositories, states: [.ready, .suspended])
                .forEach { page throws(Failure) in tenants += page }
            return tenants
        }
        let found = try repositories.read { main throws(ErrorAnswer) in try main.tenants.find(tenant) }
        guard let found, found.state != .purged else {
            throw .failed("there is no tenant \(tenant) with a database")
        }
        return [found]
    }
}
