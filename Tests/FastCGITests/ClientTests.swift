import Base
import FastCGI
import Glibc
import Testing

extension FastCGISuite {
    @Suite struct ClientTests {
        /// A socket that answers each connection with fixed bytes once it has read something, then closes.
        private static func withServer<R>(answering bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
            let fixture = Fixture()
            let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(fixture.path.utf8)) }
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    #expect(bind(listening, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
                }
            }
            #expect(listen(listening, 8) == 0)
            let thread = WorkerThread(name: "server") {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { return }
                var buffer = [UInt8](repeating: 0, count: 65_536)
                _ = recv(connection, &buffer, buffer.count, 0)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                shutdown(connection, Int32(SHUT_WR))
                while recv(connection, &buffer, buffer.count, 0) > 0 {}
                close(connection)
            }
            defer {
                shutdown(listening, Int32(SHUT_RDWR))
                thread.join()
                close(listening)
            }
            return try body(fixture.path)
        }

        private static func call(_ path: String, timeout: Duration = .seconds(10)) throws -> ClientResponse {
            try Client.call(socket: path, parameters: [("A", "B")], body: [1, 2, 3], timeout: timeout)
        }

        private static let end = Wire.record(3, [0, 0, 0, 0, 0, 0, 0, 0])

        @Test func outputInManyRecordsIsPutTogether() throws {
            let text = "Status: 202 Accepted\r\nX-A: 1\nX-a: 2\r\n\r\nbody\r\n\r\nmore"
            let records = text.utf8.flatMap { Wire.record(6, [$0], padding: Int($0 % 9)) }
            let answer = try Self.withServer(
                answering: Wire.record(7, Array("warning".utf8)) + records + Wire.record(6, []) + Self.end
            ) { try Self.call($0) }
            #expect(answer.status == 202)
            #expect(answer[header: "X-A"] == "1")
            #expect(answer.headers.map(\.name) == ["X-A", "X-a"])
            #expect(answer[header: "X-B"] == nil)
            #expect(String(decoding: answer.body, as: UTF8.self) == "body\r\n\r\nmore")
        }

        @Test func statusIs200WhenNotSaid() throws {
            let bytes = Wire.record(6, Array("X: 1\r\n\r\n".utf8)) + Self.end
            #expect(try Self.withServer(answering: bytes) { try Self.call($0).status } == 200)
        }

        @Test(arguments: [
            [], Wire.record(6, Array("Status: 200 OK\r\n\r\nx".utf8)),
            Wire.record(6, Array("Status: 200 OK\r\n".utf8)) + end,
            Wire.record(6, Array("Status: abc\r\n\r\n".utf8)) + end,
            Wire.record(6, Array("no colon\r\n\r\n".utf8)) + end, end,
            Wire.record(3, [0, 0, 0, 0, 2, 0, 0, 0]), [9] + end, Array(end.dropLast()),
        ])
        func halfOrOddAnswersAreBroken(bytes: [UInt8]) throws {
            #expect(throws: FastCGIError.broken) { try Self.withServer(answering: bytes) { try Self.call($0) } }
        }

        @Test func answerOverTheLimitIsBroken() throws {
            let bytes = Wire.record(6, Array("X: 1\r\n\r\n".utf8) + [UInt8](repeating: 1, count: 2000)) + Self.end
            #expect(throws: FastCGIError.broken) {
                try Self.withServer(answering: bytes) { path in
                    try Client.call(
                        socket: path, parameters: [], body: [], timeout: .seconds(10), responseLimit: 1000)
                }
            }
        }

        @Test func silentServerIsBrokenAfterTheTimeout() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let listener = try fixture.listen(threads: 1) { request in
                _ = gate.wait { $0 ? true : nil }
                Handlers.ok(request)
            }
            #expect(throws: FastCGIError.broken) { try Self.call(fixture.path, timeout: .milliseconds(50)) }
            gate.update { $0 = true }
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func absentServerIsAFailedConnect() throws {
            let fixture = Fixture()
            #expect(throws: FastCGIError.connectFailed) { try Self.call(fixture.path) }
            #expect(throws: FastCGIError.pathTooLong) { try Self.call(String(repeating: "p", count: 108)) }
        }

        @Test func fullBacklogIsAFailedConnect() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let listener = try Listener(path: fixture.path, threads: 1, backlog: 0, log: fixture.log) { request in
                _ = gate.wait { $0 ? true : nil }
                Handlers.ok(request)
            }
            var waiting: [RawConnection] = []
            // One is being served, one waits; the next finds no place.
            while listener.activeRequests == 0 {
                if waiting.isEmpty, let connection = RawConnection(fixture.path) {
                    connection.send(Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([]))
                    waiting.append(connection)
                }
                sched_yield()
            }
            waiting.append(try #require(RawConnection(fixture.path)))
            #expect(throws: FastCGIError.connectFailed) { try Self.call(fixture.path, timeout: .milliseconds(50)) }
            waiting.removeLast()
            gate.update { $0 = true }
            #expect(listener.stop(deadline: .seconds(10)))
        }
    }
}
