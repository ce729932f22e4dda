/// Which program asks for its settings. It is given the secrets of its own work and no others.
package enum Audience: CaseIterable, Sendable {
    case application
    case worker
    case sidecar
    /// saasctl, which sets the others up and checks what they are told.
    case `operator`

    /// The secrets of the program's work; those that lead to Vault are everyone's.
    package var secrets: Set<SecretSetting> {
        let database: Set<SecretSetting> = [.databaseURL, .tenantDatabaseURL, .databaseUser, .databasePassword]
        let store: Set<SecretSetting> = [.s3AccessKey, .s3SecretKey, .s3SessionToken]
        return switch self {
        case .application: database.union(store).union([.jwtSecret, .jwtAdditionalSecrets, .redisURL])
        case .worker: database.union(store).union([.kafkaUser, .kafkaPassword])
        case .sidecar: store
        case .operator: Set(SecretSetting.all)
        }
    }
}
