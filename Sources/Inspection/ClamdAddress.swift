import Glibc

/// Where clamd listens: `unix:/path` (or a path alone), or `host:port`.
package enum ClamdAddress: Equatable, Sendable {
    case unix(String)
    case host(String, port: UInt16)

    package init?(_ text: String) {
        let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
        if path.hasPrefix("/") {
            // sockaddr_un holds 108 bytes with the NUL.
            guard path.utf8.count <= 107 else { return nil }
            self = .unix(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self = .host(String(host), port: port)
    }

    /// A connected socket whose every operation ends within the time; nil when nobody takes the connection.
    func connect(timeout: Duration) -> Int32? {
        switch self {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Self.connect($0, socklen_t(MemoryLayout<sockaddr_un>.size), AF_UNIX, timeout)
                }
            }
        case .host(let host, let port):
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, String(port), &hints, &found) == 0 else { return nil }
            defer { freeaddrinfo(found) }
            var entry = found
            while let info = entry?.pointee {
                if let address = info.ai_addr,
                    let socket = Self.connect(address, info.ai_addrlen, info.ai_family, timeout)
                {
                    return socket
                }
                entry = info.ai_next
            }
            return nil
        }
    }

    private static func connect(
        _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ family: Int32, _ timeout: Duration
    ) -> Int32? {
        let connection = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        // On Linux the time for sending is the time for connecting too (socket(7)).
        var time = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(connection, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        guard Glibc.connect(connection, address, length) == 0 else {
            close(connection)
            return nil
        }
        return connection
    }
}
