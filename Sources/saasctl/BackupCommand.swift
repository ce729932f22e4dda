import Backup
import Base
import Contract
import Domain
import Glibc

/// `saasctl backup`
struct BackupCommand: Command {
    private static let directory = Parameter("DIRECTORY", "where the archives go; it must exist")

    static let syntax = Syntax(
        "backup", summary: "export every tenant, and dump the main database", parameters: [directory],
        options: [.json],
        explanation: """
            Writes DIRECTORY/main-TIME.dump (pg_dump's custom format) first and then an archive
            for each ready or suspended tenant, DIRECTORY/ID-TIME.tar, while all go on working.
            One that fails is told and does not stop the others; then the exit status is 1.
            """)

    private let directory: String
    private let asJSON: Bool

    init(_ arguments: Arguments) {
        directory = arguments.word(Self.directory) ?? ""
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let tools = try BackupTools(environment, console)
        guard access(directory + "/.", W_OK) == 0 else { throw .failed("\(directory) is no directory to write to") }
        let now = SystemClock().now()
        let time = String(now.description.prefix(19).filter { $0.isNumber || $0 == "T" }) + "Z"
        var done: [JSONValue] = []
        var failed = 0
        try tools.installation.withData { repositories throws(Failure) in
            try BackupTools.telling { () throws(BackupError) in
                try MainDatabaseDump(tools.installation.settings).write(to: "\(directory)/main-\(time).dump")
            }
            try TenantPages(repositories: repositories, states: [.ready, .suspended]).forEach { page in
                for tenant in page {
                    let path = "\(directory)/\(tenant.id)-\(time).tar"
                    do throws(BackupError) {
                        let manifest = try tools.exporter(repositories).export(tenant, to: path, at: now)
                        done.append(.object(["file": .string(path), "objects": .integer(manifest.objects)]))
                        if !asJSON { console.result("tenant \(tenant.id) \(tenant.name.text): \(path)") }
                    } catch {
                        failed += 1
                        console.note("saasctl: tenant \(tenant.id): \(Failure(error).sentence)")
                    }
                }
            }
        }
        if asJSON {
            console.result(json: JSONValue.object(["archives": .array(done), "failed": .integer(Int64(failed))]))
        } else {
            console.result("\(done.count) tenants backed up, \(failed) failed")
        }
        if failed > 0 { throw .reported(.failure) }
    }
}
