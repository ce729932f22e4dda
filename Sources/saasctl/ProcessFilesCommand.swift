import Base
import Contract
import Domain

/// `saasctl files process`
struct ProcessFilesCommand: Command {
    private static let tenant = Option.value("tenant", "ID", "the tenant whose files are meant")
    private static let file = Option.value("file", "ID", "this file alone")

    static let syntax = Syntax(
        "files", "process", summary: "have stored files read again and compared with their checksums",
        options: [tenant, file, .json],
        explanation: """
            Asks the event worker by one event file.process a file. A file whose object is
            missing or damaged is among the dead letters afterwards (saasctl events dlq).
            """)

    private let tenantID: TenantID
    private let fileID: FileID?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard let id = try arguments.value(of: Self.tenant, as: TenantID.self) else {
            throw UsageError("--tenant is needed")
        }
        tenantID = id
        fileID = try arguments.value(of: Self.file)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let count = try Installation(environment).withData { repositories throws(Failure) in
            let found = try repositories.read { main throws(ErrorAnswer) in try main.tenants.find(tenantID) }
            guard let tenant = found, [.ready, .suspended].contains(tenant.state) else {
                throw .failed("there is no tenant \(tenantID) with a database")
            }
            do throws(ErrorAnswer) {
                return try repositories.processing.request(fileID, in: tenant)
            } catch {
                throw Failure(error)
            }
        }
        if asJSON {
            console.result(json: JSONValue.object(["requested": .integer(Int64(count))]))
        } else {
            console.result("requested: \(count)")
        }
    }
}
