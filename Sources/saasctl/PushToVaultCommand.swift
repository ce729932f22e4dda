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
        options: [file, remove, dryRun],
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

    init(_ arguments: Arguments) throws(UsageError) {
        path = try arguments.value(of: Self.file) ?? ".env"
        removes = arguments.has(Self.remove)
        isDryRun = arguments.has(Self.dryRun)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        guard let text = TextFile.read(path) else { throw .failed("\(path) cannot be read") }
        let secrets = SecretsOfFile(text)
        guard !secrets.fields.isEmpty else { throw .failed("\(path) holds no secrets that Vault would keep") }
        let names = secrets.fields.keys.sorted().joined(separator: ", ")
        var environment = environment
        let settings = ProgramConfiguration.vault(in: &environment)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        guard let settings else { throw .configuration(["VAULT_ADDR is not set"]) }
        if isDryRun { return console.result("would be moved to \(settings.mount)/\(settings.path): \(names)") }
        do {
            try push(secrets.fields, settings, names, console)
        } catch {
            throw .failed(error.sentence)
        }
        if removes {
            try ReplacedFile(path: path).write(secrets.rest)
            console.result("taken out of \(path): \(secrets.names.joined(separator: ", "))")
        } else {
            console.note("still in \(path): \(secrets.names.joined(separator: ", ")); --remove takes them out")
        }
    }

    private func push(
        _ fields: [String: String], _ settings: VaultSettings, _ names: String, _ console: Console
    ) throws(VaultError) {
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
        guard merged != present else {
            return console.result("\(settings.mount)/\(settings.path) has these already: \(names)")
        }
        let written = try client.write(merged, replacing: version, with: token)
        console.result("version \(written) of \(settings.mount)/\(settings.path) written: \(names)")
    }
}
