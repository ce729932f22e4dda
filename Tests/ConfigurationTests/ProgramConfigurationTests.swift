import Base
import Configuration
import Glibc
import Testing

struct ProgramConfigurationTests {
    @Test func environmentWinsOverFilesAndFilesOverTheFileOfSettings() throws {
        let secret = try TemporaryFile("from-a-file\n")
        let settings = try TemporaryFile("JWT_SECRET_KEY=from-env-file\nPORT=1\nREDIS_URL=redis://x\nLOG_LEVEL=debug\n")
        let configuration = ProgramConfiguration(
            for: .operator,
            from: Environment([
                "ENV_FILE": settings.path, "JWT_SECRET_KEY_FILE": secret.path, "PORT": "2",
            ]))
        let environment = configuration.environment
        #expect(environment.problems.isEmpty && configuration.notes.isEmpty)
        #expect(environment.string("JWT_SECRET_KEY") == "from-a-file")
        #expect(environment.string("JWT_SECRET_KEY_FILE") == nil)
        #expect(environment.string("PORT") == "2" && environment.string("LOG_LEVEL") == "debug")
        #expect(environment.string("REDIS_URL") == "redis://x")
    }

    @Test func badFilesAreProblemsWithoutTheirContent() throws {
        let lines = try TemporaryFile("hidden\nhidden\n")
        let empty = try TemporaryFile("\n")
        let environment = ProgramConfiguration(
            for: .operator,
            from: Environment([
                "ENV_FILE": "/nonexistent", "JWT_SECRET_KEY_FILE": lines.path, "DATABASE_URL_FILE": empty.path,
                "REDIS_URL_FILE": "/nonexistent", "S3_SECRET_KEY": "hidden", "S3_SECRET_KEY_FILE": lines.path,
            ])
        ).environment
        #expect(environment.problems.count == 5)
        #expect(!environment.problems.joined().contains("hidden"))
        for name in ["ENV_FILE", "JWT_SECRET_KEY_FILE", "DATABASE_URL_FILE", "REDIS_URL_FILE", "S3_SECRET_KEY and"] {
            #expect(environment.problems.contains { $0.hasPrefix(name) }, "\(name)")
        }
    }

    @Test func everyProgramIsGivenTheSecretsOfItsOwnWorkAlone() {
        let all = Environment(
            Dictionary(
                uniqueKeysWithValues: SecretSetting.all.filter { !$0.name.hasPrefix("VAULT_") }.map { ($0.name, "x") }))
        let sidecar = ProgramConfiguration(for: .sidecar, from: all).environment
        for name in ["JWT_SECRET_KEY", "DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "ADMIN_PASSWORD"] {
            #expect(sidecar.string(name) == nil, "\(name)")
        }
        #expect(sidecar.string("S3_SECRET_ACCESS_KEY") == "x")
        let worker = ProgramConfiguration(for: .worker, from: all).environment
        #expect(worker.string("JWT_SECRET_KEY") == nil && worker.string("DATABASE_URL") == "x")
        let app = ProgramConfiguration(for: .application, from: all).environment
        #expect(app.string("KAFKA_SASL_PASSWORD") == nil && app.string("JWT_SECRET_KEY") == "x")
    }

    @Test(arguments: [
        ["VAULT_ADDR": "http://127.0.0.1:1"],
        ["VAULT_TOKEN": "t"],
        ["VAULT_ROLE_ID": "r"],
        ["VAULT_ADDR": "http://127.0.0.1:1", "VAULT_ROLE_ID": "r"],
        ["VAULT_ADDR": "http://127.0.0.1:1", "VAULT_SECRET_ID": "s"],
        ["VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "t", "VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"],
        ["VAULT_ADDR": "127.0.0.1:1", "VAULT_TOKEN": "t"],
        ["VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "t", "VAULT_SECRET_PATH": "secret"],
        ["VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "t", "VAULT_SECRET_PATH": "secret/../sys/x"],
    ])
    func halfAConfigurationOfVaultIsAProblemAndNoFallback(_ vault: [String: String]) {
        let values = vault.merging(["JWT_SECRET_KEY": "hidden"]) { first, _ in first }
        let configuration = ProgramConfiguration(for: .application, from: Environment(values))
        #expect(configuration.environment.problems.count == 1, "\(configuration.environment.problems)")
        #expect(configuration.environment.string("JWT_SECRET_KEY") == nil)
        #expect(configuration.notes == ["JWT_SECRET_KEY is set and not used: Vault has it"])
    }

    @Test(arguments: [
        ["JWT_SECRET_KEY": "change-me-in-production-0123456789"],
        ["JWT_SECRET_KEY": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
        ["DATABASE_URL": "postgresql://app:postgres@db/x"], ["DATABASE_PASSWORD": "postgres"],
        ["S3_SECRET_ACCESS_KEY": "minioadmin"], ["ADMIN_PASSWORD": "admin123"],
    ])
    func productionRefusesWhatStandsInExamples(_ values: [String: String]) throws {
        let development = ProgramConfiguration(for: .operator, from: Environment(values))
        #expect(development.environment.problems.isEmpty)
        let production = ProgramConfiguration(
            for: .operator, from: Environment(values.merging(["FLASK_ENV": "production"]) { first, _ in first }))
        let problem = try #require(production.environment.problems.first)
        let (name, value) = try #require(values.first)
        #expect(problem.hasPrefix(name) && !problem.contains(value))
    }

    @Test func productionTakesRandomSecrets() {
        let environment = Environment([
            "APP_ENV": "production", "JWT_SECRET_KEY": "7f3c9be1520a4c4d8e8ce0b7c1a5f9327f3c9be1520a4c4d",
            "DATABASE_URL": "postgresql://app:Zx81-vKq4hT@db/x",
        ])
        #expect(ProgramConfiguration(for: .operator, from: environment).environment.problems.isEmpty)
    }
}

/// A file that goes with its owner.
private final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        var template = Array("/tmp/saas-configuration-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bytes = Array(text.utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    deinit { unlink(path) }
}
