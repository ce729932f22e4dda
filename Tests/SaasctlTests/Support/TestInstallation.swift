import Base
import Glibc
import Postgres
import TestSupport
import Testing

@testable import saasctl

/// Settings of an installation whose main database does not exist yet, on a server of this suite's own.
final class TestInstallation {
    private static let cluster = PostgresCluster()

    let database: String
    let objects: String
    var environment: [String: String]

    static let secret = "this word must never be shown 123 Kf7"

    init() throws {
        database = "main_" + Hex.encode((0..<6).map { _ in UInt8.random(in: .min ... .max) })
        var template = Array("/tmp/saasctl-objects-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        objects = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        environment = [
            "DATABASE_URL": Self.cluster.url(database: database), "OBJECT_DIR": objects,
            "JWT_SECRET_KEY": Self.secret, "PUBLIC_BASE_URL": "http://localhost:4999", "BCRYPT_COST": "4",
        ]
    }

    deinit {
        if let pid = try? Self.remove(objects) { _ = Saasctl.wait(for: pid) }
    }

    /// The program with these variables beside the installation's.
    func program(_ more: [String: String] = [:]) -> Saasctl {
        Saasctl(environment: environment.merging(more) { $1 })
    }

    /// A connection to a database of the server; the main one when no name is given.
    func connect(to name: String? = nil) throws -> Connection {
        try Connection(Self.cluster.settings(database: name ?? database))
    }

    /// The single text that a query gives.
    func text(_ query: Query) throws -> String { try connect().execute(query)[0].decode(0) }

    private static func remove(_ directory: String) throws -> pid_t {
        let words = ["/bin/rm", "-rf", directory]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var pid = pid_t()
        try #require(posix_spawn(&pid, "/bin/rm", nil, nil, &arguments, environ) == 0)
        return pid
    }
}
