import Base
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
        defer { close(pipe[0]) }
        let pid: pid_t
        do throws(ProgramStart.Failure) {
            defer { close(pipe[1]) }
            pid = try start(input: input, output: pipe[1])
        } catch {
            return (.notStarted(error.text), [])
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

    private func start(input: Int32, output: Int32) throws(ProgramStart.Failure) -> pid_t {
        var start = ProgramStart(
            command: Self.fence(limits) + command,
            environment: ["PATH=\(Self.searchPath)", "LC_ALL=C.UTF-8"] + variables, input: input, output: output,
            errors: output)
        start.directory = directory
        start.leadsGroup = true
        return try start.spawn()
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
