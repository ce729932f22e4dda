import Base
import Glibc

/// A moto S3 server from the repository's .venv, shared by all tests of this process and ended with it.
///
/// It keeps objects in memory and checks neither signatures nor digests.
final class MotoServer: Sendable {
    enum Failure: Error, CustomStringConvertible {
        case noEnvironment(String)
        case didNotStart(String)

        var description: String {
            switch self {
            case .noEnvironment(let path): "\(path) is missing: run scripts/test-venv.sh once to make it"
            case .didNotStart(let output): "moto_server did not start: \(output)"
            }
        }
    }

    private enum Progress: Sendable {
        case starting
        case failed(Failure)
        case running(UInt16)
    }

    static let shared = Result { () throws(Failure) in try MotoServer() }

    let port: UInt16

    /// Starts the server and waits until it listens.
    ///
    /// - Parameter identity: PEM files of a certificate and its key, for a server that speaks TLS alone.
    init(identity: (certificate: String, key: String)? = nil) throws(Failure) {
        let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        let program = root + "/.venv/bin/moto_server"
        guard access(program, X_OK) == 0 else { throw .noEnvironment(program) }
        let progress = Condition(Progress.starting)
        // The parent's death signal is bound to the starting thread, so that one must live as long as the process.
        let options = identity.map { ["-s", "-c", $0.certificate, "-k", $0.key] } ?? []
        _ = WorkerThread(name: "moto") { Self.run(program, options, progress) }
        let outcome = progress.wait { progress -> Result<UInt16, Failure>? in
            switch progress {
            case .starting: nil
            case .failed(let failure): .failure(failure)
            case .running(let port): .success(port)
            }
        }
        guard let outcome else { throw .didNotStart("") }
        port = try outcome.get()
    }

    /// Starts the program, reads the port it chose from its output, then reads on so that it never waits for us.
    private static func run(_ program: String, _ options: [String], _ progress: Condition<Progress>) {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        let arguments = ["setpriv", "--pdeathsig", "TERM", program, "-H", "127.0.0.1", "-p", "0"] + options
        var pointers = arguments.map { strdup($0) } + [nil]
        var pid = pid_t()
        let status = posix_spawnp(&pid, "setpriv", &actions, nil, &pointers, environ)
        close(ends[1])
        for pointer in pointers { free(pointer) }
        posix_spawn_file_actions_destroy(&actions)
        guard status == 0 else {
            progress.update { $0 = .failed(.didNotStart("setpriv: \(String(cString: strerror(status)))")) }
            return
        }
        var output = ""
        var isRunning = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else { break }
            guard !isRunning else { continue }
            output += String(decoding: buffer[..<count], as: UTF8.self)
            let mark = "://127.0.0.1:"
            guard let start = output.firstRange(of: mark)?.upperBound,
                let end = output[start...].firstIndex(where: { !$0.isNumber }), let port = UInt16(output[start..<end])
            else { continue }
            isRunning = true
            progress.update { $0 = .running(port) }
        }
        waitpid(pid, nil, 0)
        if !isRunning {
            let text = output
            progress.update { $0 = .failed(.didNotStart(text)) }
        }
    }
}
