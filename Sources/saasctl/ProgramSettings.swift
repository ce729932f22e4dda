import Base
import Crypto
import Domain
import Glibc
import Inspection
import ObjectStore
import Persistence
import Redis

/// Every variable that the programs read, by their own readers where these are shared, else by the same rules.
struct ProgramSettings {
    /// Nil when its variables have problems.
    let database: DatabaseSettings?
    /// Nil when its variables have problems.
    let store: ObjectStoreSettings?
    /// One sentence each, without secrets.
    let problems: [String]

    private enum Stage: String, CaseIterable {
        case development, production, testing
    }

    init(_ environment: Environment) {
        var environment = environment
        let workers = environment.integer("FCGI_WORKERS", default: 2, in: 1...256)
        database = DatabaseSettings(&environment, applicationName: "saasctl", program: .tools, workers: workers)
        let problemsBefore = environment.problems.count
        let store = ObjectStoreSettings.read(from: &environment)
        // A bucket whose secret is missing can be named, but not asked.
        self.store = environment.problems.count == problemsBefore ? store : nil
        Self.readSecrets(&environment)
        Self.readApplication(&environment)
        Self.readDoor(&environment)
        Self.readFiles(&environment)
        _ = AdminSettings(&environment)
        _ = ServiceSettings(&environment)
        if environment.choice("APP_ENV", "FLASK_ENV", default: Stage.development) == .production,
            let cost = environment.string("BCRYPT_COST").flatMap({ Int($0) }), cost < 12
        {
            environment.report("BCRYPT_COST must be at least 12 in production")
        }
        problems = environment.problems
    }

    private static func readSecrets(_ environment: inout Environment) {
        _ = TokenKey.read(from: &environment)
        _ = environment.integer("JWT_ACCESS_TOKEN_EXPIRES", default: 900, in: 1...86_400)
        _ = environment.integer("JWT_REFRESH_TOKEN_EXPIRES", default: 604_800, in: 60...31_536_000)
    }

    /// What FCGIApp, UploadSidecar and EventWorker do.
    private static func readApplication(_ environment: inout Environment) {
        _ = environment.integer("FCGI_THREADS", default: 16, in: 1...1024)
        _ = environment.integer("DRAIN_SECONDS", default: 30, in: 1...3600)
        _ = environment.integer("MAX_UPLOAD_BYTES", default: 104_857_600, in: 1...5_497_558_138_880)
        _ = environment.integer("STORAGE_QUOTA_BYTES", default: 0, in: 0...Int.max)
        _ = environment.integer("LOGIN_ATTEMPTS_PER_ACCOUNT", default: 5, in: 0...1_000_000)
        _ = environment.integer("LOGIN_ATTEMPTS_PER_ADDRESS", default: 50, in: 0...1_000_000)
        _ = environment.integer("RATE_LIMIT_PER_HOUR", default: 1000, in: 0...1_000_000_000)
        _ = environment.integer("TENANT_RATE_LIMIT_PER_HOUR", default: 0, in: 0...1_000_000_000)
        _ = environment.integer("UPLOAD_BYTES_PER_HOUR", default: 0, in: 0...1 << 50)
        _ = environment.integer("ADDRESS_REQUESTS_PER_SECOND", default: 20, in: 0...1_000_000)
        _ = environment.integer("ADDRESS_MAX_CONNECTIONS", default: 100, in: 0...1_000_000)
        if let url = environment.string("REDIS_URL"), RedisAddress(url) == nil {
            environment.report("REDIS_URL must be redis://host:port/database or unix:///path")
        }
        _ = environment.integer("UPLOAD_MAX_CONCURRENT", default: 256, in: 1...4096)
        _ = environment.integer("UPLOAD_MAX_PER_TENANT", default: 128, in: 1...4096)
        _ = environment.integer("UPLOAD_MAX_PER_USER", default: 64, in: 1...4096)
        _ = environment.integer("UPLOAD_MIN_RATE", default: 8192, in: 0...1_000_000_000)
        _ = environment.integer("UPLOAD_MIN_RATE_GRACE", default: 30, in: 1...3600)
        _ = environment.integer("SPOOL_MAX_BYTES", default: 0, in: 0...Int.max)
        _ = environment.integer("SPOOL_KEEP_FREE_BYTES", default: 256 << 20, in: 0...Int.max)
        _ = environment.integer("UPLOAD_DRAIN_SECONDS", default: 120, in: 0...86_400)
        _ = environment.integer("UPLOAD_KEEPER_FD", default: -1, in: -1...65_535)
        _ = environment.integer("ORPHAN_TTL", default: 86_400, in: 1...31_536_000)
        _ = environment.integer("SWEEP_INTERVAL", default: 600, in: 1...86_400)
        _ = environment.integer("TENANT_PURGE_GRACE", default: 2_592_000, in: 0...315_360_000)
        _ = environment.integer("AUDIT_RETENTION_DAYS", default: 400, in: 1...36_500)
        _ = environment.flag("DEMO_ROUTES", default: false)
        _ = environment.integer("EVENT_MAX_ATTEMPTS", default: 10, in: 1...100)
        _ = environment.integer("EVENT_RETRY_PAUSE_MS", default: 500, in: 1...60_000)
        _ = environment.integer("EVENT_DEAD_PERCENT", default: 50, in: 1...100)
        _ = InspectionSettings(&environment)
        _ = environment.choice("UPLOAD_TYPE_POLICY", default: UploadTypePolicy.correct)
        _ = environment.string("KAFKA_BOOTSTRAP_SERVERS")
        _ = environment.string("EVENT_WORKER_ROLES")
        _ = environment.integer("STORAGE_SWEEP_INTERVAL", default: 21_600, in: 1...31_536_000)
        _ = environment.integer("TENANT_WARM_POOL", default: 2, in: 0...1000)
        if let level = environment.string("LOG_LEVEL"), LogLevel(level) == nil {
            environment.report("LOG_LEVEL must be one of \(LogLevel.allCases.map(\.name).joined(separator: ", "))")
        }
    }

    /// What nginx is rendered from, and the address that clients see.
    private static func readDoor(_ environment: inout Environment) {
        _ = environment.integer("PORT", "FLASK_PORT", default: 4999, in: 1...65_535)
        let base = environment.required("PUBLIC_BASE_URL")
        if !base.isEmpty, !base.hasPrefix("http://"), !base.hasPrefix("https://") {
            environment.report("PUBLIC_BASE_URL must be an http or https URL")
        }
        _ = environment.integer("CORS_MAX_AGE", default: 600, in: 0...999_999_999)
        if environment.flag("CORS_SUPPORTS_CREDENTIALS", default: false),
            environment.string("CORS_ORIGINS") ?? "*" == "*"
        {
            environment.report("CORS_SUPPORTS_CREDENTIALS needs CORS_ORIGINS to name the origins")
        }
    }

    /// Files that one program alone is told of, by whatever starts it.
    private static func readFiles(_ environment: inout Environment) {
        if let path = environment.string("UPLOAD_GRANT_PRIVATE_KEY_FILE"),
            TextFile.read(path).flatMap({ try? SigningKey(pem: $0) }) == nil
        {
            environment.report("UPLOAD_GRANT_PRIVATE_KEY_FILE must name a readable Ed25519 private key in PEM")
        }
        if let path = environment.string("UPLOAD_GRANT_PUBLIC_KEY_FILE"),
            TextFile.read(path).flatMap({ try? VerifyingKey(pem: $0) }) == nil
        {
            environment.report("UPLOAD_GRANT_PUBLIC_KEY_FILE must name a readable Ed25519 public key in PEM")
        }
        _ = environment.string("WORKER_INDEX")
        for name in ["INTERNAL_SOCKET_DIR", "SPOOL_DIR", "METRICS_DIR"] {
            if let path = environment.string(name), access("\(path)/.", X_OK) != 0 {
                environment.report("\(name) must name a directory that this user can enter")
            }
        }
        for name in ["APP_SOCKET", "INTERNAL_SOCKET", "UPLOAD_SOCKET"] {
            // sockaddr_un holds 108 bytes with the NUL.
            if let path = environment.string(name), path.utf8.count > 107 {
                environment.report("\(name) must be at most 107 bytes")
            }
        }
    }
}
