import Base
import Contract
import Domain
import ObjectStore
import Storage

/// `saasctl files sweep`
struct SweepFilesCommand: Command {
    private static let tenant = Option.value("tenant", "ID", "the tenant to look into")
    private static let dryRun = Option.flag("dry-run", "report only; remove nothing")

    static let syntax = Syntax(
        "files", "sweep", summary: "compare a tenant's objects with its files, both ways",
        options: [tenant, dryRun, .json],
        explanation: """
            Removes objects older than ORPHAN_TTL that no file and no upload names. Files whose
            object is gone are reported and left as they are; the exit status is 1 then.
            """)

    private let tenantID: TenantID
    private let isDryRun: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard let id = try arguments.value(of: Self.tenant, as: TenantID.self) else {
            throw UsageError("--tenant is needed")
        }
        tenantID = id
        isDryRun = arguments.has(Self.dryRun)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var settings = environment
        let age = settings.integer("ORPHAN_TTL", default: 86_400, in: 1...31_536_000)
        let store = ObjectStoreSettings.read(from: &settings)?.makeStore(reportingTo: &settings)
        guard settings.problems.isEmpty, let store else { throw .configuration(settings.problems) }
        let report = try Installation(environment).withData { repositories throws(Failure) in
            let found = try repositories.read { main throws(ErrorAnswer) in try main.tenants.find(tenantID) }
            guard let tenant = found, [.ready, .suspended].contains(tenant.state) else {
                throw .failed("there is no tenant \(tenantID) with a database")
            }
            let sweeper = StorageSweeper(
                data: repositories.data, inventory: StoreObjectInventory(store: store),
                orphanAge: .seconds(age), clock: SystemClock())
            do throws(ErrorAnswer) {
                return try sweeper.sweep(tenant, dryRun: isDryRun)
            } catch {
                throw Failure(error)
            }
        }
        if asJSON {
            console.result(json: ReportObject(report: report))
        } else {
            tell(report, console)
        }
        if report.missingCount > 0 { throw .reported(.failure) }
    }

    private func tell(_ report: SweepReport, _ console: Console) {
        console.result("\(report.objectsChecked) objects and \(report.filesChecked) files compared")
        console.result(
            "\(report.orphanCount) objects without rows (\(report.orphanBytes) bytes), \(report.removed) removed")
        for key in report.orphans { console.result("  \(key)") }
        console.result("\(report.missingCount) files without objects")
        for file in report.missing { console.result("  \(file)") }
    }
}

/// The report as JSON.
private struct ReportObject: JSONWritable {
    let report: SweepReport

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("objects_checked", report.objectsChecked)
            json.member("files_checked", report.filesChecked)
            json.member("orphan_count", report.orphanCount)
            json.member("orphan_bytes", report.orphanBytes)
            json.member("removed", report.removed)
            json.member("orphans", JSONValue.array(report.orphans.map { .string($0) }))
            json.member("missing_count", report.missingCount)
            json.member("missing", JSONValue.array(report.missing.map { .string($0.description) }))
        }
    }
}
