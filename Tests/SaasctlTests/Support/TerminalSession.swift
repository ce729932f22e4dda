import Glibc
import Testing

/// The program at a terminal of its own (pty(7)), with a person who types.
final class TerminalSession {
    private let person: Int32
    /// The program's side, held open so that what it wrote can be read after its end.
    private let side: Int32
    private let pid: pid_t
    /// What the screen has shown so far.
    private(set) var screen = ""
    /// The part of it that `expect` has not passed yet.
    private var unread = ""
    private var hasEnded = false

    // Macros that Swift does not see: TIOCSPTLCK, TIOCGPTN (ioctl_tty(2)), POSIX_SPAWN_SETSID.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let newSession: Int32 = 0x80

    init(_ program: Saasctl, _ arguments: [String]) throws {
        person = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(person >= 0, "no terminal: errno \(errno)")
        var lock: Int32 = 0
        var number: Int32 = 0
        try #require(ioctl(person, Self.setLock, &lock) == 0 && ioctl(person, Self.getNumber, &number) == 0)
        let name = "/dev/pts/\(number)"
        side = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(side >= 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Opened by the leader of a new session, it becomes that session's terminal: ^C is a signal there.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        pid = try program.spawn(arguments, actions: &actions, flags: Self.newSession)
    }

    deinit {
        if !hasEnded {
            kill(pid, SIGKILL)
            _ = Saasctl.wait(for: pid)
        }
        close(person)
        close(side)
    }

    /// Whether the terminal shows what is typed.
    var echoes: Bool {
        var state = termios()
        return tcgetattr(side, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Waits until the text appears after what was expected before, at most for 30 seconds.
    func expect(_ text: String) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            if let found = unread.firstRange(of: text) {
                unread = String(unread[found.upperBound...])
                return
            }
            try #require(ContinuousClock.now < deadline && read(timeout: 1000), "no \(text) in: \(screen)")
        }
    }

    /// Types the text.
    func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        try #require(write(person, bytes, bytes.count) == bytes.count)
    }

    /// Blocks until the program ends; its exit code, or the signal's number, negated.
    func end() -> Int32 {
        let status = Saasctl.wait(for: pid)
        hasEnded = true
        while poll(0), read(timeout: 0) {}
        return status
    }

    private func poll(_ milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: person, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&wanted, 1, milliseconds) == 1 && wanted.revents & Int16(POLLIN) != 0
    }

    /// Reads what there is; false when the terminal is gone.
    private func read(timeout: Int32) -> Bool {
        guard poll(timeout) else { return true }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(person, &bytes, bytes.count)
        guard count > 0 else { return false }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        screen += text
        unread += text
        return true
    }
}
