import CLinux
import Glibc

/// A listening unix socket that takes its path over from a predecessor without a moment in which nobody answers.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    private let path: String
    /// What stat(2) says of our socket file: another listener may have renamed its own over the path since.
    private let device: dev_t
    private let inode: ino_t

    /// Binds a temporary neighbour, sets mode 0660, listens, and renames it over `path`.
    init(path: String, backlog: Int32) throws(FastCGIError) {
        let directory = Self.directory(of: path)
        let temporary = "\(directory)/.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        guard let descriptor = UnixSocket.make() else { throw .listenFailed(errno: errno) }
        func fail(_ error: FastCGIError) -> FastCGIError {
            unlink(temporary)
            close(descriptor)
            return error
        }
        guard let bound = UnixSocket.withAddress(of: temporary, { bind(descriptor, $0, $1) }),
            UnixSocket.withAddress(of: path, { _, _ in true }) != nil
        else { throw fail(.pathTooLong) }
        var status = stat()
        // Listening before the rename: whoever finds the path can connect.
        guard bound == 0, chmod(temporary, 0o660) == 0, stat(temporary, &status) == 0, listen(descriptor, backlog) == 0,
            Self.locked(directory, { rename(temporary, path) }) == 0
        else { throw fail(.listenFailed(errno: errno)) }
        // Several threads are told of one connection: the others must not wait in accept.
        saas_set_nonblocking(descriptor)
        self.descriptor = descriptor
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    deinit { close(descriptor) }

    /// The next connection of the backlog. Does not block: an empty backlog is EAGAIN (or EINVAL, after `shut`).
    func accept() -> Accepted {
        let connection = saas_accept(descriptor)
        return connection >= 0 ? .connection(connection) : .failed(errno: errno)
    }

    enum Accepted {
        case connection(Int32)
        case failed(errno: Int32)
    }

    /// Refuses new connections; those in the backlog stay acceptable.
    ///
    /// Linux takes one lock for a connect's check and queueing and for this (measured, and so in net/unix/af_unix.c):
    /// no connection slips in between the last accept and the close.
    func shut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Removes the path when it is still this socket.
    func removePath() {
        Self.locked(Self.directory(of: path)) {
            if ownsPath { unlink(path) }
        }
    }

    /// Whether the path is still this socket.
    var ownsPath: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_dev == device && status.st_ino == inode
    }

    /// Runs the closure under the directory's lock, so that no rename falls between a look at the path and its removal.
    private static func locked<R>(_ directory: String, _ body: () -> R) -> R {
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if lock >= 0 { _ = flock(lock, LOCK_EX) }
        let result = body()
        let failure = errno
        if lock >= 0 { close(lock) }
        errno = failure
        return result
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
