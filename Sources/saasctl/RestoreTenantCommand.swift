import Backup
import Base
import Contract
import Domain

/// `saasctl tenants restore`
struct RestoreTenantCommand: Command {
    private static let from = Option.value("from", "FILE", "an archive of this tenant; needed")

    static let syntax = Syntax(
        "tenants", "restore", summary: "give a tenant back what it was when an archive was made",
        parameters: [TenantChange.id], options: [from, .json],
        explanation: """
            Documents, files, audit trail and events become those of the archive; what came
            later is gone. Name, members and suspension stay as they are now. The archive is
            checked from end to end first: a damaged one (exit status 65) changes nothing. All
            other tenants go on working, and this one too, until its databases change places:
            then its requests meet 503 for a moment, and uploads under way are refused.
            Needs pg_restore.
            """)

    private let tenant: TenantID
    private let path: String
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(at: TenantChange.id)
        guard let path = arguments.text(of: Self.from) else { throw UsageError("--from is needed") }
        self.path = path
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let tools = try BackupTools(environment, console)
        let archive = try tools.inspect(path)
        let report = try tools.installation.withData { repositories throws(Failure) in
            let found = try tools.find(tenant, repositories)
            let report = try BackupTools.telling { () throws(BackupError) in
                try tools.importer(repositories).restoreTenant(archive, found)
            }
            repositories.ring(tenant)
            return report
        }
        if asJSON { return console.result(json: RestoreReport(report: report, archive: archive)) }
        console.result(
            "tenant \(tenant) \(report.tenant.name.text): as of \(archive.manifest.exportedAt),"
                + " \(report.objectsPut) of \(archive.manifest.objects) objects put back")
    }
}
