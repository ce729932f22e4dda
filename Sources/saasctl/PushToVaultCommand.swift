import Base
import Configuration
import Vault

/// `saasctl vault push`
struct PushToVaultCommand: Command {
    private static let file = Option.value("file", "PATH", "the file of settings; .env when not given")
    private static let remove = Option.flag("remove", "take what was moved out of the file")
    private static let dryRun = Option.flag("dry-run", "name the fields only; write nothing")

    static let syntax = Syntax(
        "vault", "push", summary: "move the secrets of a .env into HashiCorp Vault",
        options: [file, remove, dryRun, .json],
        explanation: """
            Vault is found by VAULT_ADDR and a token or an AppRole with the right to write
            (deploy/vault/saas-platform-operator.hcl). The secret's other fields stay. Of a
            DATABASE_URL user and password are moved. Nothing is written when somebody else
            changes the secret at the same time. No secret's value is shown.
            """)

    static var readsSettings: Bool { false }

    private let path: String
    private let removes: Bool
    private let isDryRun: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        path = try arguments.value(of: Self.file) ?? ".env"
        removes = arguments.has(Self.remove)
        isDryRun = arguments.has(Self.dryRun)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        guard let text = TextFile.read(path) else { throw .failed("\(path) cannot be read") }
        let secrets = SecretsOfFile(text)
        guard !secrets.fields.isEmpty else { throw .failed("\(path) holds no secrets that Vault would keep") }
        var environment = environment
        let settings = ProgramConfiguration.vault(in: &environment)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        guard let settings else { throw .configuration(["VAULT_ADDR is not set"]) }
        var report = Report(place: "\(settings.mount)/\(settings.path)", fields: secrets.fields.keys.sorted())
        guard !isDryRun else { return tell(report, report.intention, console) }
        do {
            report.version = try push(secrets.fields, settings)
        } catch {
            throw .failed(error.sentence)
        }
        if !asJSON { console.result(report.outcome) }
        if removes {
            try ReplacedFile(path: path).write(secrets.rest)
            report.removedFrom = path
            tell(report, "taken out of \(path): \(secrets.names.joined(separator: ", "))", console)
        } else {
            if asJSON { console.result(json: report) }
            console.note("still in \(path): \(secrets.names.joined(separator: ", ")); --remove takes them out")
        }
    }

    private func tell(_ report: Report, _ sentence: String, _ console: Console) {
        if asJSON { console.result(json: report) } else { console.result(sentence) }
    }

    /// Writes what Vault does not have; the version written, or nil when it has all.
    private func push(_ fields: [String: String], _ settings: VaultSettings) throws(VaultError) -> Int64? {
        let client = VaultClient(settings)
        let token = try client.login()
        var present: [String: String] = [:]
        var version: Int64 = 0
        do {
            let secret = try client.read(with: token)
            present = secret.fields
            version = secret.version
        } catch .notFound {
            version = try client.lastVersion(with: token)
        }
        let merged = present.merging(fields) { _, new in new }
        guard merged != present else { return nil }
        return try client.write(merged, replacing: version, with: token)
    }

    /// What was moved, by name.
    private struct Report: JSONWritable {
        let place: String
        let fields: [String]
        /// Nil when nothing was written.
        var version: Int64?
        var removedFrom: String?

        private var names: String { fields.joined(separator: ", ") }
        var intention: String { "would be moved to \(place): \(names)" }
        var outcome: String {
            version.map { "version \($0) of \(place) written: \(names)" } ?? "\(place) has these already: \(names)"
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("secret", place)
                json.member("fields", fields)
                json.member("version", version)
                json.member("removed_from", removedFrom)
            }
        }
    }
}
