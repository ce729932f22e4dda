import Glibc

/// One FastCGI request as a web server sends it, its body in pieces, so that a test can stop in the middle.
final class WebServer {
    private let connection: Int32

    /// Connects and sends the parameters; nil when nobody takes the connection.
    init?(socket: String, parameters: [(String, String)]) {
        connection = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            close(connection)
            return nil
        }
        // FastCGI 1.0: begin (1) as responder (1), parameters (4) with long lengths, then the body (5).
        record(1, [0, 1, 0, 0, 0, 0, 0, 0])
        var pairs: [UInt8] = []
        for (name, value) in parameters {
            for length in [name.utf8.count, value.utf8.count] {
                pairs += [0x80, UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
            }
            pairs += Array(name.utf8) + Array(value.utf8)
        }
        record(4, pairs)
        record(4, [])
    }

    deinit { close(connection) }

    /// Sends some of the body.
    func send(_ body: some Collection<UInt8>) {
        var rest = Array(body)[...]
        while !rest.isEmpty {
            record(5, Array(rest.prefix(65_535)))
            rest = rest.dropFirst(65_535)
        }
    }

    /// Ends the body and returns the whole answer, head and all.
    func finish() -> String {
        record(5, [])
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(connection, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        var answer: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let start = rest.startIndex
            let length = Int(rest[start + 4]) << 8 | Int(rest[start + 5])
            if rest[start + 1] == 6 { answer += rest.dropFirst(8).prefix(length) }
            rest = rest.dropFirst(8 + length + Int(rest[start + 6]))
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private func record(_ type: UInt8, _ content: [UInt8]) {
        var rest = ([1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 255), 0, 0] + content)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
