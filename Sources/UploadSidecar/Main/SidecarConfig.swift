import Base
import Crypto
import Glibc
import ObjectStore

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
    /// UPLOAD_MAX_CONCURRENT: how many uploads are taken at once; more wait in the socket's backlog.
    let maxConcurrent: Int
    /// UPLOAD_DRAIN_SECONDS: how long running uploads may take to finish after a request to stop.
    let drain: Duration
    /// LOG_LEVEL.
    let logLevel: LogLevel
    /// S3_* or OBJECT_DIR.
    let store: ObjectStoreSettings

    /// - Throws: every problem at once.
    init(_ environment: inout Environment) throws(ConfigurationError) {
        uploadSocket = environment.required("UPLOAD_SOCKET")
        internalSocketDirectory = environment.required("INTERNAL_SOCKET_DIR")
        spoolDirectory = environment.required("SPOOL_DIR")
        maxConcurrent = environment.integer("UPLOAD_MAX_CONCURRENT", default: 64, in: 1...1024)
        drain = .seconds(environment.integer("UPLOAD_DRAIN_SECONDS", default: 120, in: 0...86_400))
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
