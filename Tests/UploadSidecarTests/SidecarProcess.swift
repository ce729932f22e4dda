import Glibc
import Testing

/// The sidecar's own program, started for a test and killed with this value.
final class SidecarProcess {
    private let pid: pid_t
    private var status: Int32?

    /// Starts it and waits until its socket is there.
    ///
    /// - Parameters:
    ///   - keeper: a descriptor that it gets as number 3.
    ///   - removingSocket: whether an earlier one's socket goes first; else another one is waited for.
    init(environment: [String: String], keeper: Int32? = nil, removingSocket: Bool = true) throws {
        // The programs lie beside the test bundle.
        let bundle = try #require(try? Self.link("/proc/self/exe"))
        let program = bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/UploadSidecar"
        let socket = try #require(environment["UPLOAD_SOCKET"])
        if removingSocket { unlink(socket) }
        let before = Self.inode(socket)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let keeper { posix_spawn_file_actions_adddup2(&actions, keeper, 3) }
        var arguments = [strdup(program), nil]
        var variables = environment.map { strdup("\($0)=\($1)") }
        // A program built to measure coverage needs to know where to put its profile.
        if let profile = getenv("LLVM_PROFILE_FILE") {
            variables.append(strdup("LLVM_PROFILE_FILE=" + String(cString: profile)))
        }
        variables.append(nil)
        defer { for text in arguments + variables { free(text) } }
        var pid = pid_t()
        try #require(
            posix_spawn(&pid, program, &actions, nil, &arguments, &variables) == 0, "\(program) cannot be started")
        self.pid = pid
        try #require(eventually { Self.inode(socket) != before || self.hasEnded } && !hasEnded)
    }

    deinit {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    private var hasEnded: Bool {
        if status == nil {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid { self.status = status }
        }
        return status != nil
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// Waits for its end; the status of waitpid(2): 0 after a clean exit, the signal's number after a kill.
    func end() -> Int32? { eventually { hasEnded } ? status : nil }

    /// A pipe, reading end first, that no other process of this test gets.
    static func pipe() throws -> [Int32] {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }

    private static func inode(_ path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }

    private static func link(_ path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count)
        }
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}

/// Waits until the condition holds, at most for 30 seconds; whether it does.
func eventually(_ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
        if condition() { return true }
        usleep(1000)
    }
    return condition()
}
