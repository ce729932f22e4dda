import Base
import Vault

/// What APP_ENV=production refuses: secrets that everyone knows because they stand in examples and tutorials.
enum ProductionRules {
    /// Adds a problem for each; never shows the value.
    static func check(_ environment: inout Environment, vault: VaultSettings?) {
        guard environment.string("APP_ENV", "FLASK_ENV")?.lowercased() == "production" else { return }
        for name in ["JWT_SECRET_KEY", "DATABASE_PASSWORD", "S3_SECRET_ACCESS_KEY", "S3_SECRET_KEY", "ADMIN_PASSWORD"] {
            if let value = environment.string(name), isKnown(value) { refuse(name, &environment) }
        }
        for name in ["DATABASE_URL", "TENANT_DATABASE_URL_TEMPLATE"] {
            if let url = environment.string(name), let password = password(in: url), isKnown(password) {
                refuse(name, &environment)
            }
        }
        guard let vault else { return }
        if case .token(let token) = vault.login, isKnown(token) { refuse("VAULT_TOKEN", &environment) }
        if vault.address.hasPrefix("http://"), !isLocal(vault.address) {
            environment.report("VAULT_ADDR must be an https URL in production")
        }
    }

    private static func refuse(_ name: String, _ environment: inout Environment) {
        environment.report("\(name) holds a value for development, which production refuses")
    }

    /// Words of examples, and texts of very few different characters.
    private static func isKnown(_ value: String) -> Bool {
        let text = value.lowercased()
        if words.contains(text) { return true }
        if fragments.contains(where: { text.contains($0) }) { return true }
        return Set(text.utf8).count < 4
    }

    private static let words: Set = [
        "root", "password", "postgres", "saas", "admin", "minioadmin", "secret", "test", "testtest", "user", "dev-only",
        "development", "localdev", "password1", "admin123", "s3cret", "myroot", "dev",
    ]

    /// Of the long ones: nobody's random key holds them.
    private static let fragments = [
        "change-me", "changeme", "change_me", "change-this", "changethis", "change-in-production", "dev-secret",
        "devsecret", "dev_secret", "your-secret", "your_secret", "yoursecret", "secret-key", "secret_key", "secretkey",
        "super-secret", "supersecret", "super_secret", "jwt-secret", "jwt_secret", "insecure", "example", "placeholder",
        "default-secret", "test-secret", "test_secret", "not-for-production", "development", "1234567890123456",
    ]

    /// The password of a connection string in URL form.
    private static func password(in url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return nil }
        let parts = authority[..<at].split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? PercentEncoding.decode(parts[1]) : nil
    }

    private static func isLocal(_ url: String) -> Bool {
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["127.0.0.1", "localhost", "[::1]"].contains { host == $0 || host.hasPrefix("\($0):") }
    }
}
