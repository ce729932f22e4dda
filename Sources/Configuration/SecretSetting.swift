/// A setting that is a secret: it may come from a file (`NAME_FILE`), and most from Vault.
///
/// The table is here once: programs, `saasctl vault push` and the documentation follow it.
package struct SecretSetting: Hashable, Sendable {
    /// The variable, and the old names that mean the same.
    package let name: String
    package let aliases: [String]
    /// The field of Vault's secret; nil for what is not kept there.
    package let field: String?

    private init(_ name: String, aliases: [String] = [], field: String? = nil) {
        self.name = name
        self.aliases = aliases
        self.field = field
    }

    package static let jwtSecret = SecretSetting("JWT_SECRET_KEY", field: "jwt_secret")
    package static let jwtAdditionalSecrets = SecretSetting(
        "JWT_ADDITIONAL_SECRET_KEYS", field: "jwt_additional_secrets")
    package static let databaseURL = SecretSetting("DATABASE_URL")
    package static let tenantDatabaseURL = SecretSetting("TENANT_DATABASE_URL_TEMPLATE")
    package static let databaseUser = SecretSetting("DATABASE_USER", field: "db_user")
    package static let databasePassword = SecretSetting("DATABASE_PASSWORD", field: "db_password")
    package static let s3AccessKey = SecretSetting(
        "S3_ACCESS_KEY_ID", aliases: ["S3_ACCESS_KEY"], field: "s3_access_key")
    package static let s3SecretKey = SecretSetting(
        "S3_SECRET_ACCESS_KEY", aliases: ["S3_SECRET_KEY"], field: "s3_secret_key")
    package static let s3SessionToken = SecretSetting("S3_SESSION_TOKEN", field: "s3_session_token")
    package static let kafkaUser = SecretSetting("KAFKA_SASL_USERNAME", field: "kafka_sasl_username")
    package static let kafkaPassword = SecretSetting("KAFKA_SASL_PASSWORD", field: "kafka_sasl_password")
    package static let redisURL = SecretSetting("REDIS_URL", field: "redis_url")
    package static let adminPassword = SecretSetting("ADMIN_PASSWORD")
    package static let vaultToken = SecretSetting("VAULT_TOKEN")
    package static let vaultRoleID = SecretSetting("VAULT_ROLE_ID")
    package static let vaultSecretID = SecretSetting("VAULT_SECRET_ID")

    package static let all: [SecretSetting] = [
        jwtSecret, jwtAdditionalSecrets, databaseURL, tenantDatabaseURL, databaseUser, databasePassword,
        s3AccessKey,
        s3SecretKey,
        s3SessionToken, kafkaUser, kafkaPassword, redisURL, adminPassword, vaultToken, vaultRoleID, vaultSecretID,
    ]

    /// Those that Vault keeps.
    package static let inVault = all.filter { $0.field != nil }
}
