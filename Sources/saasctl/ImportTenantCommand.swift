import Backup
import Base
import Contract
import Domain

/// `saasctl tenants import`
struct ImportTenantCommand: Command {
    private static let file = Parameter("FILE", "an archive made by tenants export or backup")
    private static let name = Option.value("as", "NAME", "the new tenant's name; else that of the archive")
    private static let owner = Option.value("owner", "EMAIL", "an existing user, who becomes an admin of it")

    static let syntax = Syntax(
        "tenants", "import", summary: "make a new tenant of an archive", parameters: [file],
        options: [name, owner, .json],
        explanation: """
            The tenant gets an id and a database of its own, whatever the archive's was. Its
            members are the active users here who have the addresses of the archive's members,
            in the same roles; addresses that nobody has are told. The archive is checked from
            end to end first: a damaged one (exit status 65) changes nothing. Needs pg_restore.
            """)

    private let path: String
    private let name: TenantName?
    private let owner: EmailAddress?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        path = arguments.word(Self.file) ?? ""
        name = try arguments.value(of: Self.name)
        owner = try arguments.value(of: Self.owner)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let tools = try BackupTools(environment, console)
        let archive = try tools.inspect(path)
        let report = try tools.installation.withData { repositories throws(Failure) in
            let report = try BackupTools.telling { () throws(BackupError) in
                try tools.importer(repositories).importTenant(archive, as: name, owner: owner)
            }
            repositories.ring(report.tenant.id)
            return report
        }
        for email in report.missingMembers { console.note("saasctl: no active user \(email): no member") }
        if asJSON { return console.result(json: RestoreReport(report: report, archive: archive)) }
        console.result(
            "tenant \(report.tenant.id) \(report.tenant.name.text): made of \(path),"
                + " \(report.objectsPut) objects put")
    }
}

/// What an import or a restore has done, as JSON.
struct RestoreReport: JSONWritable {
    let report: TenantImporter.Report
    let archive: ArchiveInspection

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", report.tenant.id)
            json.member("name", report.tenant.name.text)
            json.member("database_name", report.tenant.database.name)
            json.member("exported_at", archive.manifest.exportedAt)
            json.member("objects", archive.manifest.objects)
            json.member("objects_put", report.objectsPut)
            json.member("missing_members", report.missingMembers)
        }
    }
}
