import Base
import Crypto
import Glibc

// What nginx and the machine allow: a FastCGI responder that does the least a responder can. It answers every request with
// the same bytes from memory; of bodies that come to the second socket it computes MD5 and SHA-256, as an upload must.
//
//   bench-floor SOCKET SOCKET

/// The bytes of one connection after another.
struct Input {
    private var connection: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)
    private var position = 0
    private var end = 0

    /// What comes next is the connection's; what is left of another is dropped.
    mutating func begin(_ connection: Int32) {
        self.connection = connection
        position = 0
        end = 0
    }

    /// The next byte; nil at the end.
    mutating func byte() -> UInt8? {
        guard fill() else { return nil }
        defer { position += 1 }
        return buffer[position]
    }

    /// Hands over the next bytes, at most so many; how many they were, nil at the end.
    mutating func bytes(_ limit: Int, _ take: (UnsafeRawBufferPointer) -> Void) -> Int? {
        guard fill() else { return nil }
        let count = min(limit, end - position)
        buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[position..<position + count])) }
        position += count
        return count
    }

    private mutating func fill() -> Bool {
        guard position == end else { return true }
        position = 0
        end = max(0, buffer.withUnsafeMutableBytes { read(connection, $0.baseAddress, $0.count) })
        return end > 0
    }
}

/// The record types of FastCGI 1.0 that matter here (section 8).
enum RecordType {
    static let beginRequest: UInt8 = 1
    static let standardInput: UInt8 = 5
    static let standardOutput: UInt8 = 6
    static let endRequest: UInt8 = 3
}

/// Reads one request to its end; whether its connection is to be kept, nil when it broke off.
func takeRequest(_ input: inout Input, _ digests: [IncrementalDigest]) -> Bool? {
    var keeps = false
    while true {
        var head = [UInt8](repeating: 0, count: 8)
        for index in 0..<8 {
            guard let byte = input.byte() else { return nil }
            head[index] = byte
        }
        let length = Int(head[4]) << 8 | Int(head[5])
        if head[1] == RecordType.standardInput, length == 0 { return keeps }
        var left = length + Int(head[6])
        if head[1] == RecordType.beginRequest {
            for index in 0..<left {
                guard let byte = input.byte() else { return nil }
                if index == 2 { keeps = byte & 1 == 1 }
            }
            continue
        }
        while left > 0 {
            let content = left - Int(head[6])
            let count = input.bytes(content > 0 ? content : left) { bytes in
                guard content > 0, head[1] == RecordType.standardInput else { return }
                for digest in digests { digest.update(bytes) }
            }
            guard let count else { return nil }
            left -= count
        }
    }
}

func answer(_ status: StaticString) -> [UInt8] {
    let body = #"{"success":true,"data":{"status":"healthy","service":"saas-documents"},"message":"OK"}"#
    let head = "Status: \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    let text = head + body
    let record: [UInt8] = [1, RecordType.standardOutput, 0, 1, 0, UInt8(text.utf8.count), 0, 0]
    return record + Array(text.utf8) + [1, RecordType.endRequest, 0, 1, 0, 8, 0, 0] + [UInt8](repeating: 0, count: 8)
}

/// Serves one connection after another for ever.
func serve(_ listening: Int32, _ answer: [UInt8], hashes: Bool) {
    var input = Input()
    while true {
        let connection = accept(listening, nil, nil)
        input.begin(connection)
        var keeps = connection >= 0
        while keeps {
            let digests = hashes ? [IncrementalDigest(.md5), IncrementalDigest(.sha256)] : []
            guard let wanted = takeRequest(&input, digests) else { break }
            for digest in digests { _ = digest.finish() }
            keeps = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count && wanted
        }
        close(connection)
    }
}

/// Serves the socket with more threads than nginx has connections.
func open(_ path: String, hashes: Bool) {
    let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listening, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard bound == 0, chmod(path, 0o666) == 0, listen(listening, 1024) == 0 else {
        fatalError("cannot listen at \(path): \(String(cString: strerror(errno)))")
    }
    let bytes = answer(hashes ? "201 Created" : "200 OK")
    for _ in 0..<256 {
        _ = WorkerThread(name: "floor", stackBytes: 256 << 10, isBatch: true) {
            serve(listening, bytes, hashes: hashes)
        }
    }
}

guard CommandLine.arguments.count == 3 else { fatalError("bench-floor SOCKET SOCKET") }
open(CommandLine.arguments[1], hashes: false)
open(CommandLine.arguments[2], hashes: true)
while true { pause() }
