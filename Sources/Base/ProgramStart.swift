import CLinux
import Glibc

/// The start of another program by posix_spawn(3): with these three files for its standard ones, and with signals as
/// a shell would give them to it, for we block and ignore some that it must hear.
package struct ProgramStart {
    /// The words of its command line. The first is looked for in our own PATH unless it has a slash.
    package var command: [String]
    /// `NAME=value`; nothing of our own is added.
    package var environment: [String]
    package var input: Int32
    package var output: Int32
    package var errors: Int32
    /// Where it begins, with no open files but the three. Nil: where we are, with those that are not close-on-exec.
    package var directory: String?
    /// Makes it the first of a process group, which can be killed as a whole.
    package var leadsGroup = false

    /// Why there is no program.
    package struct Failure: Error {
        /// As errno.
        package let code: Int32

        package var isMissing: Bool { code == ENOENT }
        package var text: String { String(cString: strerror(code)) }
    }

    package init(command: [String], environment: [String], input: Int32, output: Int32, errors: Int32) {
        self.command = command
        self.environment = environment
        self.input = input
        self.output = output
        self.errors = errors
    }

    /// Starts it; its process id, which has to be waited for.
    package func spawn() throws(Failure) -> Int32 {
        guard let program = command.first else { throw Failure(code: ENOENT) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        if let directory {
            let code = saas_spawn_apart(&actions, directory)
            guard code == 0 else { throw Failure(code: code) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipeSignal)
        let group = leadsGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var entries: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in words + entries { free(text) } }
        var pid = pid_t()
        let code = posix_spawnp(&pid, program, &actions, &attributes, &words, &entries)
        guard code == 0 else { throw Failure(code: code) }
        return pid
    }
}
