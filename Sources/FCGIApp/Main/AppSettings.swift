import Base
import Crypto
import Domain
import ObjectStore
import Persistence
import Redis

/// Everything FCGIApp is told by its environment (.env.example lists and explains the variables).
struct AppSettings {
    let database: DatabaseSettings
    let store: any ObjectStore
    let downloadSigner: any DownloadSigner
    let tokenKeys: [TokenKey]
    let accessLifetime: Duration
    let refreshLifetime: Duration
    let grantKey: SigningKey
    let maxUploadBytes: Int64
    let typePolicy: UploadTypePolicy
    /// Nil is no limit.
    let storageQuotaBytes: Int64?
    let budgets: RateBudgets
    /// Nil: budgets are counted in the main database.
    let redis: RedisAddress?
    let passwordCost: Int
    let throttle: LoginThrottle
    let workers: Int
    let threads: Int
    let socket: String
    let internalSocket: String
    /// Beside the sockets, where all workers of the host meet.
    var changesFile: String {
        guard let slash = socket.lastIndex(of: "/") else { return "changes" }
        return socket[...slash] + "changes"
    }
    let drainTime: Duration
    /// Nil: what is counted is known to each process alone.
    let metricsDirectory: String?
    /// Tells this process from the others of its host.
    let processName: String
    let demoRoutes: Bool
    let bus: EventBusKind
    let log: Log

    /// - Throws: `ConfigurationError` with every problem at once.
    init(_ environment: Environment) throws(ConfigurationError) {
        var environment = environment
        let level: LogLevel = LogLevel(environment.string("LOG_LEVEL") ?? "info") ?? .info
        workers = environment.integer("FCGI_WORKERS", default: 2, in: 1...256)
        threads = environment.integer("FCGI_THREADS", default: 16, in: 1...1024)
        // One share of the connections is for the event worker and saasctl.
        let database = DatabaseSettings(
            &environment, applicationName: "saas-app", program: .application, workers: workers)
        let storeSettings = ObjectStoreSettings.read(from: &environment)
        let store = storeSettings?.makeStore(reportingTo: &environment)
        tokenKeys = TokenKey.read(from: &environment)
        accessLifetime = .seconds(
            environment.integer("JWT_ACCESS_TOKEN_EXPIRES", default: 900, in: 1...86_400))
        refreshLifetime = .seconds(
            environment.integer("JWT_REFRESH_TOKEN_EXPIRES", default: 604_800, in: 60...31_536_000))
        let downloadSigner = storeSettings?.makeDownloadSigner(
            baseURL: environment.required("PUBLIC_BASE_URL"),
            key: KeyDerivation.derive(from: tokenKeys[0].secret, purpose: "download-links"))
        let grantKey = Self.readKey(&environment)
        maxUploadBytes = Int64(
            environment.integer("MAX_UPLOAD_BYTES", default: 104_857_600, in: 1...5_497_558_138_880))
        typePolicy = environment.choice("UPLOAD_TYPE_POLICY", default: .correct)
        let quota = environment.integer("STORAGE_QUOTA_BYTES", default: 0, in: 0...Int.max)
        storageQuotaBytes = quota == 0 ? nil : Int64(quota)
        budgets = RateBudgets(
            requestsPerUser: environment.integer("RATE_LIMIT_PER_HOUR", default: 1000, in: 0...1_000_000_000),
            requestsPerTenant: environment.integer(
                "TENANT_RATE_LIMIT_PER_HOUR", default: 0, in: 0...1_000_000_000),
            uploadBytesPerUser: environment.integer("UPLOAD_BYTES_PER_HOUR", default: 0, in: 0...1 << 50))
        let redisURL = environment.string("REDIS_URL")
        redis = redisURL.flatMap { RedisAddress($0) }
        if redisURL != nil, redis == nil {
            environment.report("REDIS_URL must be redis://host:port/database or unix:///path")
        }
        throttle = LoginThrottle(
            perAccount: environment.integer("LOGIN_ATTEMPTS_PER_ACCOUNT", default: 5, in: 0...1_000_000),
            perAddress: environment.integer("LOGIN_ATTEMPTS_PER_ADDRESS", default: 50, in: 0...1_000_000))
        passwordCost = environment.integer("BCRYPT_COST", default: 12, in: 4...16)
        if environment.string("APP_ENV", "FLASK_ENV") == "production", passwordCost < 12 {
            environment.report("BCRYPT_COST must be at least 12 in production")
        }
        socket = environment.required("APP_SOCKET")
        internalSocket = environment.required("INTERNAL_SOCKET")
        drainTime = .seconds(environment.integer("DRAIN_SECONDS", default: 30, in: 1...3600))
        metricsDirectory = environment.string("METRICS_DIR")
        processName = environment.string("WORKER_INDEX").map { "app-\($0)" } ?? "app"
        demoRoutes = environment.flag(
            "DEMO_ROUTES", default: environment.string("APP_ENV", "FLASK_ENV") != "production")
        bus = environment.string("KAFKA_BOOTSTRAP_SERVERS") == nil ? .embedded : .kafka
        guard environment.problems.isEmpty, let database, let store, let downloadSigner, let grantKey else {
            throw ConfigurationError(problems: environment.problems)
        }
        self.database = database
        self.store = store
        self.downloadSigner = downloadSigner
        self.grantKey = grantKey
        log = Log(component: "app", level: level)
    }

    private static func readKey(_ environment: inout Environment) -> SigningKey? {
        let path = environment.required("UPLOAD_GRANT_PRIVATE_KEY_FILE")
        guard !path.isEmpty else { return nil }
        guard let pem = TextFile.read(path), let key = try? SigningKey(pem: pem) else {
            environment.report("UPLOAD_GRANT_PRIVATE_KEY_FILE must name a readable Ed25519 private key in PEM")
            return nil
        }
        return key
    }
}
