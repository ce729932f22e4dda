import CLinux
import Glibc

/// A program that reads what nobody has vetted: without a shell, without our environment and open files, without new
/// rights, and within limits of time, memory, processor time and written bytes.
struct ChildProcess {
    /// The words of its command line; the program is looked for in `searchPath`.
    let command: [String]
    var limits = Limits()
    /// Added to a fixed search path and locale.
    var variables: [String] = []
    var directory = "/"

    static let searchPath = "/usr/local/bin:/usr/bin:/bin"

    struct Limits {
        var cpuSeconds = 4
        var memoryBytes = 512 << 20
        /// The largest file that it may write; 0 for none.
        var fileBytes = 0
        /// Of standard output and standard error together; a program that says more is killed.
        var outputBytes = 64 << 10
    }

    enum End: Equatable {
        case exited(Int32)
        case killed(Int32)
        /// Killed by us.
        case tooLate
        case tooMuchOutput
        case notStarted(String)
    }

    /// The full path of a program of the search path; nil when there is none.
    static func path(of program: String) -> String? {
        guard !program.contains("/") else { return access(program, X_OK) == 0 ? program : nil }
        return searchPath.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs it to its end or to the deadline, whichever comes first, with this file for standard input. Blocks.
    func run(input: Int32, deadline: ContinuousClock.Instant) -> (end: End, output: [UInt8]) {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { return (.notStarted("no pipe"), []) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = start(input: input, output: pipe[1])
        close(pipe[1])
        defer { close(pipe[0]) }
        guard case .success(let pid) = started else {
            if case .failure(let problem) = started { return (.notStarted(problem.text), []) }
            return (.notStarted(""), [])
        }
        var output: [UInt8] = []
        var cause = read(pipe[0], into: &output, deadline: deadline)
        // Its output has ended; it mostly has too.
        while cause == nil, !Self.hasEnded(pid) {
            if ContinuousClock.now >= deadline { cause = .tooLate }
            usleep(1000)
        }
        // With what it may have left behind; before it is waited for, while the number is still its own.
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if let cause { return (cause, output) }
        let number = status & 0x7f
        return (number == 0 ? .exited((status >> 8) & 0xff) : .killed(number), output)
    }

    /// Why reading was given up; nil at the end of the output.
    private func read(_ pipe: Int32, into output: inout [UInt8], deadline: ContinuousClock.Instant) -> End? {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return .tooLate }
            var waited = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&waited, 1, Int32(clamping: milliseconds + 1)) > 0 else { continue }
            let count = Glibc.read(pipe, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            output += chunk.prefix(count)
            if output.count > limits.outputBytes { return .tooMuchOutput }
        }
    }

    private struct StartFailure: Error { let text: String }

    private func start(input: Int32, output: Int32) -> Result<pid_t, StartFailure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        let apart = saas_spawn_apart(&actions, directory)
        guard apart == 0 else { return .failure(StartFailure(text: String(cString: strerror(apart)))) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // We block signals; a group of its own is killed as a whole.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipeSignal)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let environment = ["PATH=\(Self.searchPath)", "LC_ALL=C.UTF-8"] + variables
        var words: [UnsafeMutablePointer<CChar>?] = (Self.fence(limits) + command).map { strdup($0) } + [nil]
        var entries: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in words + entries { free(text) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, Self.fence(limits)[0], &actions, &attributes, &words, &entries)
        return status == 0 ? .success(pid) : .failure(StartFailure(text: String(cString: strerror(status))))
    }

    /// util-linux's tools put it under its limits: posix_spawn(3) cannot. It dies with the thread that started it.
    private static func fence(_ limits: Limits) -> [String] {
        [
            "/usr/bin/setpriv", "--no-new-privs", "--pdeathsig", "KILL", "/usr/bin/prlimit", "--core=0",
            "--cpu=\(limits.cpuSeconds)", "--as=\(limits.memoryBytes)", "--fsize=\(limits.fileBytes)", "--nofile=64",
        ]
    }

    private static func hasEnded(_ pid: pid_t) -> Bool {
        var state = siginfo_t()
        return waitid(P_PID, id_t(pid), &state, WEXITED | WNOHANG | WNOWAIT) != 0 || state.si_signo == SIGCHLD
    }
}
