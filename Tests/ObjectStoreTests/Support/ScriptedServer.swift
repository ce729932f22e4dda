import Base
import Glibc

/// An HTTP server on a loopback port of its own that answers as the test says, misbehaviour included: raw sockets,
/// one thread per connection.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// Path and query as they came.
        let target: String
        let headers: [String: String]
        let body: [UInt8]
        /// Counts from 0 over all connections.
        let number: Int
        /// Counts from 0; the same for requests on one kept connection.
        let connection: Int
    }

    enum Reply: Sendable {
        /// A well-formed answer; the connection is kept.
        case answer(Int, [(String, String)] = [], String = "")
        /// These bytes, then the end of the connection.
        case raw(String)
        /// The end of the connection at once.
        case close
        /// A well-formed answer, then the end of the connection without a word of it in the answer.
        case answerThenClose(Int)
        /// The head of an answer with so many bytes, which then come one at a time, ten in a second, until the client
        /// goes away.
        case trickle(Int)
        /// No answer until the client goes away or the server is stopped.
        case silence
    }

    private struct State {
        var requests: [Request] = []
        var connections: [Int32] = []
        var threads: [WorkerThread] = []
        var stopped = false
        var breaksAt: Int?
    }

    let port: UInt16
    private let listener: Int32
    private let state = Condition(State())
    private let script: @Sendable (Request) -> Reply

    /// - Parameter breaksAt: the request with this number is not taken: the server sends no more once its head is there,
    ///   and goes away in the middle of its body, so that the client meets a broken pipe while it writes.
    init(breaksAt: Int? = nil, _ script: @escaping @Sendable (Request) -> Reply) {
        self.script = script
        state.withLock { $0.breaksAt = breaksAt }
        let (listener, port) = Self.listen()
        self.listener = listener
        self.port = port
        let acceptor = WorkerThread(name: "stub") { [self] in acceptAll() }
        state.withLock { $0.threads.append(acceptor) }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Everything received so far, in the order of arrival.
    var requests: [Request] { state.withLock { $0.requests } }

    /// Closes everything and waits for the threads.
    func stop() {
        let threads = state.withLock { state in
            state.stopped = true
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
            return state.threads
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for thread in threads { thread.join() }
        close(listener)
    }

    /// A port of the loopback interface on which nobody listens.
    static func closedPort() -> UInt16 {
        let (listener, port) = listen()
        close(listener)
        return port
    }

    private static func listen() -> (Int32, UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        precondition(bound, "no loopback port")
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            state.withLock { state in
                let number = state.connections.count
                state.connections.append(connection)
                if state.stopped { shutdown(connection, Int32(SHUT_RDWR)) }
                state.threads.append(WorkerThread(name: "stub") { [self] in serve(connection, number: number) })
            }
        }
    }

    private func serve(_ connection: Int32, number: Int) {
        var pending: [UInt8] = []
        serving: while let request = read(connection, &pending, number: number) {
            switch script(request) {
            case .answer(let status, let headers, let body):
                send(connection, Self.render(status, headers, body, head: request.method == "HEAD"))
            case .raw(let text):
                send(connection, text)
                break serving
            case .answerThenClose(let status):
                send(connection, Self.render(status, [], "", head: false))
                break serving
            case .close: break serving
            case .trickle(let count):
                send(connection, "HTTP/1.1 200 Scripted\r\nContent-Length: \(count)\r\n\r\n")
                var sent = 0
                var gone = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                while sent < count, poll(&gone, 1, 100) == 0 {
                    send(connection, "x")
                    sent += 1
                }
                break serving
            case .silence:
                var byte: UInt8 = 0
                _ = recv(connection, &byte, 1, 0)
                break serving
            }
        }
        // The descriptor is left open until now so that `stop` never shuts down a stranger's.
        shutdown(connection, Int32(SHUT_RDWR))
        state.withLock { state in
            close(connection)
            state.connections[number] = -1
        }
    }

    private func read(_ connection: Int32, _ pending: inout [UInt8], number: Int) -> Request? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = pending.firstRange(of: end) {
                let lines = String(decoding: pending[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
                let words = lines[0].split(separator: " ")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] =
                        parts.count > 1 ? String(parts[1].drop(while: { $0 == " " })) : ""
                }
                pending.removeSubrange(..<head.upperBound)
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if breaksNow() {
                    shutdown(connection, Int32(SHUT_WR))
                    while pending.count < length / 2, receive(connection, &pending) {}
                    return nil
                }
                while pending.count < length { guard receive(connection, &pending) else { return nil } }
                let body = Array(pending.prefix(length))
                pending.removeFirst(length)
                return state.withLock { state in
                    let request = Request(
                        method: String(words[0]), target: String(words[1]), headers: headers, body: body,
                        number: state.requests.count, connection: number)
                    state.requests.append(request)
                    return request
                }
            }
            guard receive(connection, &pending) else { return nil }
        }
    }

    private func breaksNow() -> Bool {
        state.withLock { state in
            guard state.breaksAt == state.requests.count else { return false }
            state.breaksAt = nil
            return true
        }
    }

    private func receive(_ connection: Int32, _ pending: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(connection, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        pending.append(contentsOf: buffer[..<count])
        return true
    }

    private func send(_ connection: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }

    private static func render(_ status: Int, _ headers: [(String, String)], _ body: String, head: Bool) -> String {
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !headers.contains(where: { $0.0.lowercased() == "content-length" }) && status != 204 {
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        return text + "\r\n" + (head ? "" : body)
    }
}
