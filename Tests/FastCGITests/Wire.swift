import Base
import Glibc

/// Hand-made FastCGI bytes and a bare unix socket, written from the specification and independent of the driver.
enum Wire {
    static func record(_ type: UInt8, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
        [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 255), UInt8(padding), 0] + content
            + [UInt8](repeating: 0, count: padding)
    }

    static func begin(keep: Bool = false) -> [UInt8] { record(1, [0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0]) }

    /// Short names and values only: lengths of one byte.
    static func parameters(_ pairs: [(String, String)]) -> [UInt8] {
        var content: [UInt8] = []
        for (name, value) in pairs {
            content += [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
        }
        return record(4, content, padding: 3) + record(4, [])
    }

    static func input(_ pieces: [String]) -> [UInt8] {
        pieces.flatMap { record(5, Array($0.utf8), padding: $0.utf8.count % 5) } + record(5, [])
    }
}

/// A connected socket that is closed with its last reference.
final class RawConnection {
    let descriptor: Int32

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status != 0 { return nil }
    }

    deinit { close(descriptor) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the other end closes.
    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return all }
            all += buffer[..<count]
        }
    }

    /// The records of one answer, up to the end of its request, as the type and content of each; nil when the other end
    /// closes before.
    func readAnswer() -> [(type: UInt8, content: [UInt8])]? {
        var records: [(type: UInt8, content: [UInt8])] = []
        while records.last?.type != 3 {
            guard let header = read(8), let content = read(Int(header[4]) << 8 | Int(header[5])),
                read(Int(header[6])) != nil
            else { return nil }
            records.append((header[1], content))
        }
        return records
    }

    /// The standard output of one answer; nil when the other end closes before its end.
    func readAnswerText() -> String? {
        readAnswer().map { records in
            String(decoding: records.filter { $0.type == 6 }.flatMap { $0.content }, as: UTF8.self)
        }
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var have = 0
        while have < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress.map { $0 + have }, count - have, 0)
            }
            if got <= 0 { return nil }
            have += got
        }
        return bytes
    }

    /// The contents of the STDOUT records in a whole answer.
    func readOutput() -> String {
        let bytes = readToEnd()
        var output: [UInt8] = []
        var position = 0
        while position + 8 <= bytes.count {
            let length = Int(bytes[position + 4]) << 8 | Int(bytes[position + 5])
            let start = position + 8
            if bytes[position + 1] == 6 { output += bytes[start..<min(start + length, bytes.count)] }
            position = start + length + Int(bytes[position + 6])
        }
        return String(decoding: output, as: UTF8.self)
    }
}
