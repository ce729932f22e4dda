import Glibc
import Testing

/// Runs of the program itself, in an environment of their own.
struct Saasctl {
    /// What a run left behind.
    struct Outcome {
        /// The exit code, or the number of the signal that ended it, negated.
        let status: Int32
        let output: String
        let errors: String

        var lines: [Substring] { output.split(separator: "\n") }
        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    /// All that the program sees of an environment.
    var environment: [String: String]

    /// The program lies beside the test bundle.
    static func path() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.bindMemory(to: CChar.self).baseAddress!, $0.count)
        }
        try #require(count > 0)
        let bundle = String(decoding: buffer[..<count], as: UTF8.self)
        return bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/saasctl"
    }

    /// Runs it to its end, with nothing to read.
    func run(_ arguments: String...) throws -> Outcome {
        let running = try start(arguments)
        return try running.finish()
    }

    /// Starts it, with nothing to read.
    func start(_ arguments: [String]) throws -> Running {
        let output = try TemporaryOutput()
        let errors = try TemporaryOutput()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.descriptor, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.descriptor, STDERR_FILENO)
        return Running(pid: try spawn(arguments, actions: &actions), output: output, errors: errors)
    }

    /// Starts the program with these arguments, file actions and flags (posix_spawn(3)).
    func spawn(
        _ arguments: [String], actions: inout posix_spawn_file_actions_t, flags: Int32 = 0
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let path = try Self.path()
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") }
        // A program built to measure coverage needs to know where to put its profile.
        if let profile = getenv("LLVM_PROFILE_FILE") {
            variables.append(strdup("LLVM_PROFILE_FILE=" + String(cString: profile)))
        }
        variables.append(nil)
        defer { for text in words + variables { free(text) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        try #require(status == 0, "\(path) cannot be started: errno \(status)")
        return pid
    }

    /// A run that has not been waited for.
    struct Running {
        let pid: pid_t
        fileprivate let output: TemporaryOutput
        fileprivate let errors: TemporaryOutput

        /// Blocks until it ends. Call once.
        func finish() throws -> Outcome {
            let status = Saasctl.wait(for: pid)
            return Outcome(status: status, output: try output.text(), errors: try errors.text())
        }
    }

    /// Blocks until the process ends; its exit code, or the signal's number, negated.
    static func wait(for pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }
}
