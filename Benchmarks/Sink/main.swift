import Glibc
import Synchronization

// An S3 stand-in that costs next to nothing, for measuring uploads with the store out of the way: it takes objects,
// throws their bytes away unread (MSG_TRUNC, tcp(7)), and confirms the digest that it was told.
//
//   bench-sink PORT

/// Sizes of what was sent, by path: the event worker looks whether an object is there in full.
let sizes = Mutex<[String: Int]>([:])

/// What is needed of a request's head.
struct Head {
    var method = ""
    var path = ""
    var length = 0
    var tag = ""

    init(_ text: String) {
        let lines = text.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        method = words.first.map(String.init) ?? ""
        path = words.dropFirst().first.map(String.init) ?? ""
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "content-length": length = Int(value) ?? 0
            case "content-md5": tag = Self.hex(base64: value)
            default: break
            }
        }
    }

    /// The entity tag of an object sent in one request is its MD5.
    private static func hex(base64: Substring) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let hexDigits = Array("0123456789abcdef".utf8)
        var bits = 0
        var count = 0
        var text: [UInt8] = []
        for byte in base64.utf8 {
            guard let value = digits.firstIndex(of: byte) else { break }
            bits = bits << 6 | value
            count += 6
            while count >= 4, text.count < 32 {
                count -= 4
                text.append(hexDigits[bits >> count & 15])
            }
            bits &= (1 << count) - 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}

func serve(_ connection: Int32) {
    var one: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var filled = 0
    while true {
        // The head, and what came with it of the body.
        var end: Int?
        while end == nil {
            guard filled < buffer.count else { return }
            let count = buffer.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress! + filled, $0.count - filled, 0)
            }
            guard count > 0 else { return }
            filled += count
            if filled >= 4 {
                end = (3..<filled).first { buffer[$0] == 10 && buffer[$0 - 1] == 13 && buffer[$0 - 2] == 10 }
            }
        }
        let headEnd = end! + 1
        let head = Head(String(decoding: buffer[..<headEnd], as: UTF8.self))
        var left = head.length - (filled - headEnd)
        while left > 0 {
            let count = recv(connection, nil, left, Int32(MSG_TRUNC))
            guard count > 0 else { return }
            left -= count
        }
        // What follows the body belongs to the next request.
        let rest = max(0, -left)
        if rest > 0 { buffer.replaceSubrange(0..<rest, with: buffer[(filled - rest)..<filled]) }
        filled = rest
        let status = head.method == "DELETE" ? "204 No Content" : "200 OK"
        var size = 0
        if head.method == "PUT" { sizes.withLock { $0[head.path] = head.length } }
        if head.method == "HEAD" { size = sizes.withLock { $0[head.path] ?? 0 } }
        let answer = Array(
            "HTTP/1.1 \(status)\r\nETag: \"\(head.tag)\"\r\nContent-Length: \(size)\r\n\r\n".utf8)
        guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { return }
    }
}

/// A thread for each connection. (In a function: a closure at the top level belongs to the main thread.)
func start(_ connection: Int32) {
    var thread = pthread_t()
    let started = pthread_create(
        &thread, nil,
        { context in
            let connection = Int32(Int(bitPattern: context))
            serve(connection)
            close(connection)
            return nil
        }, UnsafeMutableRawPointer(bitPattern: Int(connection)))
    if started == 0 { pthread_detach(thread) } else { close(connection) }
}

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
    print("usage: bench-sink PORT")
    exit(64)
}
let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
var reuse: Int32 = 1
setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
var address = sockaddr_in()
address.sin_family = sa_family_t(AF_INET)
address.sin_port = port.bigEndian
address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
let bound = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
}
guard bound == 0, listen(listener, 1024) == 0 else {
    print("bench-sink: cannot listen on port \(port)")
    exit(1)
}
while true {
    let connection = accept(listener, nil, nil)
    if connection >= 0 { start(connection) }
}
