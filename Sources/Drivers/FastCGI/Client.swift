import Base
import Glibc

/// Calls another process's FastCGI socket as a web server would (FastCGI 1.0, responder role).
package struct Client: Sendable {
    /// One request over one connection of its own. Blocks up to the timeout.
    ///
    /// CONTENT_LENGTH is added when it is not among the parameters.
    ///
    /// - Parameters:
    ///   - path: of the unix socket.
    ///   - timeout: for the whole call, the wait for a place in the backlog included.
    ///   - responseLimit: the most bytes of the answer.
    /// - Throws: `pathTooLong`; `connectFailed` when nothing was sent, so that trying again elsewhere is safe; `broken`
    ///   when the outcome is unknown, a timeout included.
    package static func call(
        socket path: String, parameters: [(String, String)], body: [UInt8], timeout: Duration,
        responseLimit: Int = 16 << 20
    ) throws(FastCGIError) -> ClientResponse {
        let deadline = ContinuousClock.now + timeout
        var parameters = parameters
        if !parameters.contains(where: { $0.0 == "CONTENT_LENGTH" }) {
            parameters.append(("CONTENT_LENGTH", String(body.count)))
        }
        let connection = try connect(to: path, until: deadline)
        defer { close(connection) }
        var exchange = Exchange(
            connection: connection, request: Record.request(parameters: parameters, body: body),
            parser: ResponseParser(limit: responseLimit), deadline: deadline)
        guard let response = exchange.run() else { throw exchange.sentAnything ? .broken : .connectFailed }
        return response
    }

    private static func connect(to path: String, until deadline: ContinuousClock.Instant) throws(FastCGIError) -> Int32
    {
        guard let connection = UnixSocket.make() else { throw .connectFailed }
        // A full backlog blocks the connect for as long as a write may block.
        UnixSocket.setTimeout(SO_SNDTIMEO, deadline - ContinuousClock.now, on: connection)
        let status = UnixSocket.withAddress(of: path) { Glibc.connect(connection, $0, $1) }
        guard status == 0 else {
            close(connection)
            throw status == nil ? .pathTooLong : .connectFailed
        }
        return connection
    }

    /// Sending and receiving at once: an application may answer before it has read the whole request.
    private struct Exchange {
        let connection: Int32
        let request: [UInt8]
        var parser: ResponseParser
        let deadline: ContinuousClock.Instant
        var sent = 0
        var canSend = true

        var sentAnything: Bool { sent > 0 }

        mutating func run() -> ClientResponse? {
            var buffer = [UInt8](repeating: 0, count: 32_768)
            send()
            while true {
                let left = (deadline - ContinuousClock.now).milliseconds
                guard left > 0 else { return nil }
                var ready = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                if canSend, sent < request.count { ready.events |= Int16(POLLOUT) }
                guard poll(&ready, 1, Int32(min(left, 60_000))) >= 0 || errno == EINTR else { return nil }
                if ready.revents & Int16(POLLOUT) != 0 { send() }
                guard ready.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
                let count = recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count < 0, errno == EAGAIN || errno == EINTR { continue }
                guard count > 0, parser.feed(buffer[..<count]) else { return nil }
                if parser.isComplete { return parser.response }
            }
        }

        /// Sends what the socket takes; a peer that reads no more may still have an answer for us.
        private mutating func send() {
            while canSend, sent < request.count {
                let count = request.withUnsafeBytes {
                    Glibc.send(
                        connection, $0.baseAddress.map { $0 + sent }, request.count - sent,
                        Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    sent += count
                } else if errno != EINTR {
                    canSend = errno == EAGAIN
                    return
                }
            }
        }
    }
}
