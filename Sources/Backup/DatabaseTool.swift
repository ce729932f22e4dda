import Base
import Glibc
import Postgres

/// pg_dump and pg_restore, as child processes. What they need to connect goes through their environment, since every
/// process of the machine can read arguments.
struct DatabaseTool {
    private let program: String
    private let arguments: [String]
    private let settings: ConnectionSettings

    /// Writes the database as pg_dump's custom format, as seen by the snapshot; nil for the present moment.
    static func dump(_ settings: ConnectionSettings, snapshot: String?) -> DatabaseTool {
        DatabaseTool(
            program: "pg_dump",
            arguments: ["--format=custom", "--no-owner", "--no-privileges", "--no-password"]
                + (snapshot.map { ["--snapshot=\($0)"] } ?? []), settings: settings)
    }

    /// Fills the empty database: all or nothing.
    static func restore(_ settings: ConnectionSettings) -> DatabaseTool {
        DatabaseTool(
            program: "pg_restore",
            arguments: [
                "--no-owner", "--no-privileges", "--no-password", "--single-transaction", "--exit-on-error",
                "--dbname=\(settings.database)",
            ], settings: settings)
    }

    /// Runs it with nothing to read and this file for its standard output.
    func run(output: Int32) throws(BackupError) {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0 else { throw .failed("/dev/null cannot be opened") }
        defer { close(null) }
        try wait(start(input: null, output: output))
    }

    /// Runs it with what the closure writes for its standard input.
    ///
    /// - Parameter body: is given a function that returns false when the program has ended early.
    func run(
        output: Int32, feeding body: (_ write: (UnsafeRawBufferPointer) -> Bool) throws(BackupError) -> Void
    ) throws(BackupError) {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw .failed("there is no pipe for \(program)") }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let running: Running
        do throws(BackupError) {
            defer { close(pipe[0]) }
            running = try start(input: pipe[0], output: output)
        } catch {
            close(pipe[1])
            throw error
        }
        let writer = pipe[1]
        // A program that ends early is told of by its status, not by a signal to us.
        signal(SIGPIPE, SIG_IGN)
        let fed = Result { () throws(BackupError) in
            try body { bytes in
                var rest = bytes
                while !rest.isEmpty {
                    let count = write(writer, rest.baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return false }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
                return true
            }
        }
        if case .failure(let error) = fed {
            // Before the pipe's end, which it could take for the archive's.
            kill(running.pid, SIGKILL)
            close(writer)
            _ = running.status()
            throw error
        }
        close(writer)
        try wait(running)
    }

    /// A program under way, and the nameless file of its complaints.
    private struct Running {
        let pid: pid_t
        let errors: Int32

        func status() -> Int32 {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return status
        }
    }

    private func start(input: Int32, output: Int32) throws(BackupError) -> Running {
        var template = Array("/tmp/saasctl-tool-XXXXXX".utf8CString)
        let errors = mkstemp(&template)
        guard errors >= 0 else { throw .failed("there is no temporary file in /tmp") }
        _ = fcntl(errors, F_SETFD, FD_CLOEXEC)
        unlink(template)
        let start = ProgramStart(
            command: [program] + arguments, environment: environment(), input: input, output: output, errors: errors)
        do throws(ProgramStart.Failure) {
            return Running(pid: try start.spawn(), errors: errors)
        } catch {
            close(errors)
            throw .failed(
                error.isMissing
                    ? "\(program) is not installed; it comes with the package postgresql-client"
                    : "\(program) cannot be started: \(error.text)")
        }
    }

    private func wait(_ running: Running) throws(BackupError) {
        let status = running.status()
        defer { close(running.errors) }
        guard status != 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 2000)
        let count = pread(running.errors, &bytes, bytes.count, 0)
        let said = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        let line = said.split(whereSeparator: \.isNewline).joined(separator: " ")
        throw .failed("\(program) has failed: \(line.isEmpty ? "status \(status)" : line)")
    }

    /// Our own environment, with the connection's settings over it.
    private func environment() -> [String] {
        let own = settings.toolEnvironment
        var variables: [String] = []
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            let name = String(text.prefix { $0 != "=" })
            if own[name] == nil { variables.append(text) }
            entry += 1
        }
        return variables + own.map { "\($0.key)=\($0.value)" }
    }
}
