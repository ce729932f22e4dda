import Base
import Contract
import Crypto
import FastCGI
import Foundation
import Synchronization
import Testing

/// Everything around a sidecar: folders, a key, and an application that answers the hand-off by a script.
final class Stage {
    let folder: String
    private let key: SigningKey
    private var application: Listener?
    private let calls = Calls()

    /// Paths that were called, in order.
    final class Calls: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ path: String) { all.withLock { $0.append(path) } }
        var paths: [String] { all.withLock { $0 } }
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/sidecar-\(UInt32.random(in: 0...UInt32.max))"
        for name in ["", "/internal", "/objects"] {
            try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: true)
        }
        key = try SigningKey(pem: Self.privateKey)
        try Data(Self.publicKey.utf8).write(to: URL(fileURLWithPath: folder + "/key.pem"))
    }

    deinit {
        _ = application?.stop(deadline: .seconds(5))
        try? FileManager.default.removeItem(atPath: folder)
    }

    var called: [String] { calls.paths }

    /// Answers the hand-off at a socket of this name: new content goes to `key`, commits get these statuses in turn.
    func serveApplication(_ name: String = "app.sock", key: String = "tenants/t/f", commits: [Int] = [201]) throws {
        let calls = calls
        let statuses = Mutex(commits)
        application = try Listener(
            path: "\(folder)/internal/\(name)", threads: 2, log: Log(component: "test", level: .error)
        ) { request in
            let path = request.parameters["REQUEST_URI"] ?? ""
            calls.add(path)
            let body = (try? request.body(limit: 1 << 20)) ?? []
            func resolve() -> (status: Int, body: [UInt8]) {
                (200, UploadTarget(key: key, contentType: "text/plain").jsonBytes)
            }
            func commit() -> (status: Int, body: [UInt8]) {
                let status = statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
                return (status, Array("{\"settled\":\(status)}".utf8))
            }
            switch path {
            case UploadHandOff.resolvePath:
                let (status, body) = resolve()
                request.respond(status: status, headers: [], body: body)
            case UploadHandOff.commitPath:
                let (status, body) = commit()
                request.respond(status: status, headers: [], body: body)
            case UploadHandOff.batchPath:
                let all = (try? JSONValue(parsing: body)).flatMap(UploadBatch.calls) ?? []
                let replies = all.map { call in
                    let (status, body) = if case .commit = call { commit() } else { resolve() }
                    return UploadBatch.Reply(status: status, body: body, removesObject: false, retryAfter: nil)
                }
                request.respond(status: 200, headers: [], body: UploadBatch.answer(replies))
            default:
                request.respond(status: 204, headers: [], body: [])
            }
        }
    }

    /// A running sidecar on this stage.
    ///
    /// - Parameters:
    ///   - keeper: the descriptor that it is to close when it wants to be replaced; passed on as number 3.
    ///   - removingSocket: takes the socket's path away first, so that the wait for it cannot find an earlier one's.
    ///   - drainSeconds: how long running uploads may take to finish; nil for as long as is usual.
    func startSidecar(
        keeper: Int32? = nil, removingSocket: Bool = true, drainSeconds: Int? = nil
    ) throws -> SidecarProcess {
        var environment = [
            "UPLOAD_SOCKET": folder + "/upload.sock", "INTERNAL_SOCKET_DIR": folder + "/internal",
            "SPOOL_DIR": folder + "/spool", "UPLOAD_GRANT_PUBLIC_KEY_FILE": folder + "/key.pem",
            "OBJECT_DIR": folder + "/objects", "LOG_LEVEL": "error", "UPLOAD_MAX_CONCURRENT": "4",
        ]
        if keeper != nil { environment["UPLOAD_KEEPER_FD"] = "3" }
        if let drainSeconds { environment["UPLOAD_DRAIN_SECONDS"] = String(drainSeconds) }
        return try SidecarProcess(environment: environment, keeper: keeper, removingSocket: removingSocket)
    }

    /// Begins an upload of this file content; the caller sends the pieces.
    func beginUpload(bodyBytes: Int) throws -> WebServer {
        let grant = UploadGrant(
            uploadID: .random(), tenantID: .random(), userID: .random(), requestID: "request", tokenID: "t",
            tokenFamily: "f", maxBytes: 100 << 20, expires: SystemClock().now() + .seconds(600)
        ).signed(with: key)
        return try #require(
            WebServer(
                socket: folder + "/upload.sock",
                parameters: [
                    ("REQUEST_METHOD", "POST"), ("REQUEST_ID", "request"), ("UPLOAD_GRANT", grant),
                    ("CONTENT_TYPE", "multipart/form-data; boundary=b"), ("CONTENT_LENGTH", String(bodyBytes)),
                ]))
    }

    /// A form with one file.
    static func form(_ content: [UInt8]) -> [UInt8] {
        Array("--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n".utf8) + content
            + Array("\r\n--b--\r\n".utf8)
    }

    /// Paths of the files below a folder of the stage; a spool's journal is not one of them.
    func files(in name: String) -> [String] {
        let root = folder + "/" + name
        return (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
                && !isFolder.boolValue && !path.hasSuffix("/journal")
        }
    }

    /// Names of what lies directly in a folder of the stage.
    func entries(of name: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + name)) ?? []
    }

    func contents(of path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: folder + "/" + path).map(Array.init)
    }

    /// The example key of RFC 8410 sections 10.3 and 10.1.
    private static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """
    private static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PUBLIC KEY-----
        """
}
