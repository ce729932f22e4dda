import Glibc

/// A program started by this process. None of this process's other descriptors must be inheritable.
struct PostgresClusterProcess: Sendable {
    private let pid: pid_t

    /// Starts the program at the path of the first argument, with this process's environment.
    ///
    /// - Parameters:
    ///   - input: the descriptor that becomes standard input; /dev/null when nil.
    ///   - outputDescriptor: the descriptor that becomes standard output.
    ///   - output: the file that standard output and error are added to; /dev/null when nil.
    init(
        _ arguments: [String], input: Int32? = nil, outputDescriptor: Int32? = nil, output: String? = nil
    ) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        let file = output ?? "/dev/null"
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, file, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, outputDescriptor ?? STDERR_FILENO, STDOUT_FILENO)

        var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, arguments[0], &actions, nil, &texts, environ)
        guard status == 0 else { fatalError("\(arguments[0]) cannot be started: errno \(status)") }
        self.pid = pid
    }

    /// Blocks until the program ends; its exit code, or the number of the signal that ended it, negated. Call once.
    func waitForExit() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }
}
