import CLinux
import Glibc

/// The few socket calls of this driver, each with its errno taken at once.
enum UnixSocket {
    /// A new close-on-exec stream socket, or nil with errno set.
    static func make() -> Int32? {
        let descriptor = saas_unix_socket()
        return descriptor < 0 ? nil : descriptor
    }

    /// Calls the closure with the address of the path; nil when the path is too long (unix(7)) or holds a NUL.
    static func withAddress<R>(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Bounds each blocking read (SO_RCVTIMEO) or write (SO_SNDTIMEO) of the socket; never zero, which is no bound.
    static func setTimeout(_ option: Int32, _ duration: Duration, on descriptor: Int32) {
        let (seconds, attoseconds) = max(duration, .milliseconds(1)).components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Whether a read would give something, be it the end, without waiting.
    static func isReadable(_ descriptor: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, 0) > 0
    }

    /// Sends all of it; false when the peer has gone or does not read within the socket's limit. Blocks.
    static func send(_ bytes: [UInt8], on descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
