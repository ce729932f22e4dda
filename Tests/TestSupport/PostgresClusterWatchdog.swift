import Glibc

/// A shell in a session of its own that runs a script when this process ends, however it ends.
///
/// It reads from a socket whose other end only this process holds: the end of the process is the end of the stream.
struct PostgresClusterWatchdog: Sendable {
    private let socket: Int32

    /// - Parameters:
    ///   - script: run by sh.
    ///   - prefix: what to run the shell through, such as a change of user.
    init(script: String, through prefix: [String]) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { fatalError("no socket pair: errno \(errno)") }
        _ = PostgresClusterProcess(
            ["/usr/bin/setsid"] + prefix + ["/bin/sh", "-c", "trap '' INT TERM HUP; cat >/dev/null; \(script)"],
            input: ends[1], outputDescriptor: ends[1])
        close(ends[1])
        socket = ends[0]
    }

    /// Lets the script run now and blocks until it has ended.
    func finish() {
        shutdown(socket, Int32(SHUT_WR))
        var byte: UInt8 = 0
        while true {
            let count = read(socket, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
        close(socket)
    }
}
