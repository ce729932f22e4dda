package import Base
package import Vault

/// The settings that a program starts with, from all the places where they may stand. The order, first wins:
///
/// 1. HashiCorp Vault, when VAULT_ADDR is set: the secrets that it keeps come from there alone. A Vault that cannot be
///    read, or is configured by half, is a problem, never a reason to look elsewhere.
/// 2. the process's environment: `NAME`;
/// 3. a file that the environment names: `NAME_FILE`, for secrets;
/// 4. the file that ENV_FILE names, `NAME=value` lines, in which `NAME_FILE` may stand too.
///
/// What is wrong is among the problems of `environment`: the program's own reader reports them with its own.
package struct ProgramConfiguration: Sendable {
    /// Holds the secrets of the audience and no others.
    package let environment: Environment
    /// One sentence each on what is set and not used.
    package let notes: [String]
    /// Nil without Vault, or when Vault gave nothing.
    package let vault: Connection?

    /// The login that the settings came by.
    package struct Connection: Sendable {
        package let client: VaultClient
        package let token: VaultToken
        package let canLogIn: Bool
    }

    /// Blocks while files and Vault are read, at most a few seconds for each request to Vault.
    package init(for audience: Audience, from process: Environment = .process()) {
        var environment = process
        Self.addFile(to: &environment)
        SecretFiles.read(into: &environment)
        var notes: [String] = []
        var connection: Connection?
        let problems = environment.problems.count
        let settings = VaultSettings.read(from: &environment)
        if let settings {
            connection = Self.fetch(settings, into: &environment, &notes, for: audience)
        } else if environment.problems.count > problems {
            // Half a configuration: what is set elsewhere must not be mistaken for the secrets that were meant.
            Self.forgetSecrets(of: &environment, &notes)
        }
        let others = Set(SecretSetting.all).subtracting(audience.secrets)
        for name in others.flatMap({ [$0.name] + $0.aliases }) { environment.set(name, to: nil) }
        ProductionRules.check(&environment, vault: settings)
        self.environment = environment
        self.notes = notes
        vault = connection
    }

    /// Keeps the token that the settings came by alive, until the process ends.
    package func keepVaultToken(log: Log) {
        guard let vault else { return }
        let keeper = VaultKeeper(vault.client, canLogIn: vault.canLogIn, log: log)
        // The thread holds the keeper, and goes with the process.
        _ = keeper.start(with: vault.token)
    }

    /// The Vault that the environment names, whose credentials may be in files; nil without one.
    package static func vault(in environment: inout Environment) -> VaultSettings? {
        SecretFiles.read(into: &environment)
        return VaultSettings.read(from: &environment)
    }

    private static func addFile(to environment: inout Environment) {
        guard let path = environment.string("ENV_FILE") else { return }
        guard let text = TextFile.read(path) else {
            return environment.report("ENV_FILE must name a readable text file of at most 1 MiB")
        }
        for (name, value) in EnvironmentFile(text).values {
            // A secret in the environment, under either form of its name, wins over both in the file.
            let base = name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
            let isSecret = SecretSetting.all.contains { $0.name == base || $0.aliases.contains(base) }
            let isTaken =
                environment.string(name) != nil
                || (isSecret && (environment.string(base) != nil || environment.string("\(base)_FILE") != nil))
            if !isTaken { environment.set(name, to: value) }
        }
    }

    /// Puts what Vault keeps in the place of what is set elsewhere.
    private static func fetch(
        _ settings: VaultSettings, into environment: inout Environment, _ notes: inout [String], for audience: Audience
    ) -> Connection? {
        forgetSecrets(of: &environment, &notes)
        let client = VaultClient(settings)
        do throws(VaultError) {
            let token = try client.login()
            let secret = try client.read(with: token)
            for setting in SecretSetting.inVault where audience.secrets.contains(setting) {
                environment.set(setting.name, to: setting.field.flatMap { secret.fields[$0] })
            }
            if case .appRole = settings.login { return Connection(client: client, token: token, canLogIn: true) }
            return Connection(client: client, token: token, canLogIn: false)
        } catch {
            environment.report("VAULT_ADDR: \(error.sentence)")
            return nil
        }
    }

    private static func forgetSecrets(of environment: inout Environment, _ notes: inout [String]) {
        for setting in SecretSetting.inVault {
            for name in [setting.name] + setting.aliases where environment.string(name) != nil {
                notes.append("\(name) is set and not used: Vault has it")
                environment.set(name, to: nil)
            }
        }
    }
}
