import Base
import Crypto
import Glibc
import ObjectStore
import UploadCore

/// The sidecar's settings, read once at start.
struct SidecarConfig {
    /// UPLOAD_SOCKET: where nginx sends uploads.
    let uploadSocket: String
    /// INTERNAL_SOCKET_DIR: the folder of the application's sockets for the hand-off.
    let internalSocketDirectory: String
    /// SPOOL_DIR: where bodies wait that are too large for memory.
    let spoolDirectory: String
    /// UPLOAD_GRANT_PUBLIC_KEY_FILE: a PEM file with the public key of upload grants.
    let grantKey: VerifyingKey
    /// UPLOAD_MAX_CONCURRENT, UPLOAD_MAX_PER_TENANT, UPLOAD_MAX_PER_USER: how many uploads are taken at once; more are
    /// answered 429.
    let caps: UploadCaps
    /// UPLOAD_MIN_RATE and UPLOAD_MIN_RATE_GRACE: bytes a second below which a client is cut off, and the seconds at
    /// the start that do not count.
    let minimumRate: MinimumRate
    /// SPOOL_MAX_BYTES: what all bodies together may take in the spool.
    let spoolMaxBytes: Int64
    /// SPOOL_KEEP_FREE_BYTES: what stays free on the spool's file system.
    let spoolKeepFreeBytes: Int64
    /// UPLOAD_DRAIN_SECONDS: how long running uploads may take to finish after a request to stop.
    let drain: Duration
    /// UPLOAD_KEEPER_FD: a descriptor that is closed to say that the next sidecar is to be started; nil when nobody
    /// would do so.
    let keeper: Int32?
    /// METRICS_DIR: where the programs of a host count; nil for this process alone.
    let metricsDirectory: String?
    /// LOG_LEVEL.
    let logLevel: LogLevel
    /// S3_* or OBJECT_DIR.
    let store: ObjectStoreSettings

    /// - Throws: every problem at once.
    init(_ environment: inout Environment) throws(ConfigurationError) {
        uploadSocket = environment.required("UPLOAD_SOCKET")
        internalSocketDirectory = environment.required("INTERNAL_SOCKET_DIR")
        spoolDirectory = environment.required("SPOOL_DIR")
        var caps = UploadCaps()
        caps.total = environment.integer("UPLOAD_MAX_CONCURRENT", default: caps.total, in: 1...4096)
        caps.perTenant = environment.integer("UPLOAD_MAX_PER_TENANT", default: caps.perTenant, in: 1...4096)
        caps.perUser = environment.integer("UPLOAD_MAX_PER_USER", default: caps.perUser, in: 1...4096)
        self.caps = caps
        minimumRate = MinimumRate(
            bytesPerSecond: Int64(environment.integer("UPLOAD_MIN_RATE", default: 8192, in: 0...1_000_000_000)),
            grace: .seconds(environment.integer("UPLOAD_MIN_RATE_GRACE", default: 30, in: 1...3600)))
        // 0 leaves it to the disk.
        let spoolMax = environment.integer("SPOOL_MAX_BYTES", default: 0, in: 0...Int.max)
        spoolMaxBytes = spoolMax == 0 ? .max : Int64(spoolMax)
        spoolKeepFreeBytes = Int64(
            environment.integer("SPOOL_KEEP_FREE_BYTES", default: 256 << 20, in: 0...Int.max))
        drain = .seconds(environment.integer("UPLOAD_DRAIN_SECONDS", default: 120, in: 0...86_400))
        metricsDirectory = environment.string("METRICS_DIR")
        let keeper = environment.integer("UPLOAD_KEEPER_FD", default: -1, in: -1...65_535)
        self.keeper = keeper < 0 ? nil : Int32(keeper)
        logLevel = LogLevel(environment.string("LOG_LEVEL") ?? "info") ?? .info
        let grantKey = Self.key(at: environment.required("UPLOAD_GRANT_PUBLIC_KEY_FILE"))
        if grantKey == nil { environment.report("UPLOAD_GRANT_PUBLIC_KEY_FILE is no file with an Ed25519 public key") }
        let store = ObjectStoreSettings.read(from: &environment)
        guard let grantKey, let store, environment.problems.isEmpty else {
            throw ConfigurationError(problems: environment.problems)
        }
        self.grantKey = grantKey
        self.store = store
    }

    private static func key(at path: String) -> VerifyingKey? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return try? VerifyingKey(pem: String(decoding: bytes[..<count], as: UTF8.self))
    }
}
