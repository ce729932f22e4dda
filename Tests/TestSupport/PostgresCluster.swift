import Base
import Glibc
package import Postgres

/// A private throw-away PostgreSQL server: a unix socket in a temporary directory, no TCP, no fsync.
///
/// One for the whole test process, started by the first use. A watchdog process of its own session stops it and removes
/// its directory when the test process ends, be it killed.
package final class PostgresCluster: Sendable {
    /// Starts the server when it is first touched; ends the process with a message when there is none to start.
    package static let shared: PostgresCluster = {
        let cluster = PostgresCluster()
        atexit { PostgresCluster.shared.stop() }
        return cluster
    }()

    /// Holds socket, data and log.
    package let directory: String
    private let binaries: String
    private let watchdog: PostgresClusterWatchdog

    /// Starts a server apart from `shared`, for suites that no other suite's restart may disturb; it ends with the
    /// process.
    package init() {
        binaries = Self.findBinaries()
        var template = Array("/tmp/saas-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary directory: errno \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if geteuid() == 0 {
            guard let postgres = getpwnam("postgres"),
                chown(directory, postgres.pointee.pw_uid, postgres.pointee.pw_gid) == 0
            else { fatalError("PostgreSQL does not run as root, and there is no user postgres") }
        }
        watchdog = PostgresClusterWatchdog(
            script: "\(binaries)/pg_ctl -D \(directory)/data -m immediate stop >/dev/null 2>&1; rm -rf \(directory)",
            through: Self.asServerUser)
        run([
            "\(binaries)/initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ])
        writeConfiguration()
        run(["\(binaries)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "start"])
    }

    /// The connection URL of a database of this server, for its superuser.
    package func url(database: String) -> String { "postgresql://postgres@/\(database)?host=\(directory)&port=5432" }

    /// Settings to connect to a database of this server as its superuser.
    package func settings(database: String) throws(PostgresError) -> ConnectionSettings {
        try ConnectionSettings(url: url(database: database), applicationName: "tests")
    }

    /// Makes an empty database of a random name and gives the name.
    package func createDatabase() throws(PostgresError) -> String {
        let name = "t_" + Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        guard let identifier = SQLIdentifier(name) else { fatalError("\(name) is no identifier") }
        let connection = try Connection(settings(database: "postgres"))
        _ = try connection.execute("CREATE DATABASE \(identifier: identifier)")
        return name
    }

    /// Ends every session without a word, as a crash does, and starts the server again; back when it takes connections.
    package func restartImmediate() {
        run([
            "\(binaries)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/log", "-m", "immediate", "-w",
            "restart",
        ])
    }

    private func stop() { watchdog.finish() }

    private func writeConfiguration() {
        let lines = """
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '\(directory)'
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            max_connections = 60
            shared_buffers = 32MB
            wal_level = minimal
            max_wal_senders = 0
            autovacuum = off
            lc_messages = 'C'

            """
        let file = Glibc.open("\(directory)/data/postgresql.conf", O_WRONLY | O_APPEND | O_CLOEXEC)
        var text = lines
        guard file >= 0, text.withUTF8({ write(file, $0.baseAddress, $0.count) }) == lines.utf8.count else {
            fatalError("postgresql.conf cannot be written: errno \(errno)")
        }
        close(file)
    }

    private func run(_ arguments: [String]) {
        let status = PostgresClusterProcess(Self.asServerUser + arguments, output: "\(directory)/output").waitForExit()
        guard status == 0 else { fatalError("\(arguments[0]) failed with \(status); see \(directory)") }
    }

    /// What to put before a command so that it does not run as root.
    private static var asServerUser: [String] {
        geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : []
    }

    /// Debian keeps the server's programs out of PATH, one directory a version.
    private static func findBinaries() -> String {
        let versions = (13...18).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let others = path.split(separator: ":").map(String.init)
        guard let found = (versions + others).first(where: { access("\($0)/initdb", X_OK) == 0 }) else {
            fatalError("PostgreSQL's server is not installed: apt-get install postgresql")
        }
        return found
    }
}
