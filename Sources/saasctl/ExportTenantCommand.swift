import Backup
import Base
import Contract
import Domain

/// `saasctl tenants export`
struct ExportTenantCommand: Command {
    private static let file = Parameter("FILE", "the archive to be made, a tar file")

    static let syntax = Syntax(
        "tenants", "export", summary: "write a tenant's database and objects into one archive",
        parameters: [TenantChange.id, file], options: [.json],
        explanation: """
            The tenant goes on working; the archive is one moment of it, with checksums of all
            (SHA256SUMS: tar xf FILE && sha256sum -c SHA256SUMS). FILE must not exist; until
            the archive is whole it is FILE.partial. Needs pg_dump.
            """)

    private let tenant: TenantID
    private let path: String
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(at: TenantChange.id)
        path = arguments.word(Self.file) ?? ""
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let tools = try BackupTools(environment, console)
        let manifest = try tools.installation.withData { repositories throws(Failure) in
            let found = try tools.find(tenant, repositories)
            return try BackupTools.telling { () throws(BackupError) in
                try tools.exporter(repositories).export(found, to: path, at: SystemClock().now())
            }
        }
        if asJSON { return console.result(json: manifest) }
        console.result(
            "tenant \(tenant) \(manifest.name): exported to \(path),"
                + " \(manifest.objects) objects of \(manifest.objectBytes) bytes")
    }
}
