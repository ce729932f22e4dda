import Base
import ObjectStore

/// The stores that the contract is tried on.
enum StoreKind: String, CaseIterable, Sendable {
    case directory, s3PathStyle, s3VirtualHost

    /// An empty store of this kind, kept alive by the value.
    func make() throws -> Fixture {
        switch self {
        case .directory:
            let directory = TemporaryDirectory()
            return Fixture(store: try DirectoryStore(root: directory.path + "/objects"), scratch: directory)
        case .s3PathStyle, .s3VirtualHost:
            let store = S3Store(settings: try settings(), pause: { _ in })
            try store.createBucketIfMissing()
            return Fixture(store: store, scratch: TemporaryDirectory())
        }
    }

    /// Settings for a fresh bucket of the running server.
    func settings() throws -> S3Settings {
        let server = try MotoServer.shared.get()
        let isPath = self == .s3PathStyle
        return try S3Settings(
            // localhost and all names below it are this machine, so a bucket can stand before it.
            endpoint: "http://\(isPath ? "127.0.0.1" : "localhost"):\(server.port)",
            region: isPath ? "us-east-1" : "eu-west-1", bucket: "b-\(Identifier<StoreKind>.random())",
            accessKey: "key", secretKey: "secret", addressing: isPath ? nil : .virtualHost)
    }

    /// A store that cannot be reached.
    func makeUnreachable() throws -> Fixture {
        let scratch = TemporaryDirectory()
        switch self {
        case .directory:
            // The root goes away under the store, as when a disk is taken off.
            let store = try DirectoryStore(root: scratch.path + "/mount/objects")
            scratch.remove("mount")
            return Fixture(store: store, scratch: scratch)
        case .s3PathStyle, .s3VirtualHost:
            let settings = try S3Settings(
                endpoint: "http://127.0.0.1:\(ScriptedServer.closedPort())", bucket: "bucket", accessKey: "key",
                secretKey: "secret", addressing: .path)
            return Fixture(store: S3Store(settings: settings, pause: { _ in }), scratch: scratch)
        }
    }
}

/// A store and a directory for the files that a test puts into it.
struct Fixture: Sendable {
    let store: any ObjectStore
    let scratch: TemporaryDirectory

    /// All bytes of an object.
    func bytes(of key: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try store.read(key) { chunk in
            bytes.append(contentsOf: chunk)
            return true
        }
        return bytes
    }
}
