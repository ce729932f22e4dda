import Base
import Glibc
import HTTP
import Testing

@Suite struct HTTPClientTests {
    private let client = HTTPClient()

    @Test func givesStatusHeadersAndBodyOfAnAnswer() throws {
        let server = ScriptedServer { _ in .answer(404, [("X-One", "  first "), ("x-one", "second")], "gone") }
        defer { server.stop() }
        let response = try client.send(HTTPRequest(method: "GET", url: server.url + "/a/./b?c=%20"))
        #expect(response.status == 404)
        #expect(response.header("X-ONE") == "first")
        #expect(response.headers.filter { $0.name.lowercased() == "x-one" }.count == 2)
        #expect(String(decoding: response.body, as: UTF8.self) == "gone")
        // The target is signed by callers: it must go out as it was given.
        #expect(server.requests.map(\.target) == ["/a/./b?c=%20"])
    }

    @Test func sendsABodyFromMemoryWithoutWaitingForContinue() throws {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        let body = [UInt8](repeating: 7, count: 300_000)
        let request = HTTPRequest(
            method: "PUT", url: server.url, headers: [("Content-Type", "a/b"), ("X-Empty", "")], body: .bytes(body))
        #expect(try client.send(request).status == 200)
        let received = try #require(server.requests.first)
        #expect(received.method == "PUT")
        #expect(received.body == body)
        #expect(received.headers["content-type"] == "a/b")
        #expect(received.headers["x-empty"] == "")
        #expect(received.headers["expect"] == nil)
        #expect(received.headers["transfer-encoding"] == nil)
    }

    @Test func sendsASequenceAndTellsHowFarItIs() throws {
        let server = ScriptedServer { $0.number == 0 ? .answerThenClose(200) : .answer(200) }
        defer { server.stop() }
        let directory = TemporaryDirectory()
        let file = patternedBytes(400_000)
        let path = directory.file("body", file)
        let told = Condition([Int64]())
        var request = HTTPRequest(
            method: "POST", url: server.url,
            body: .sequence([
                .bytes(Array("head".utf8)), .none, .file(path: path, offset: 0, length: 400_000),
                .sequence([.bytes([]), .bytes(Array("tail".utf8))]),
            ]))
        request.progress = { done in told.withLock { $0.append(done) } }
        // The second goes out on a kept connection that turns out dead, and is sent again from its start.
        for _ in 0..<2 { #expect(try client.send(request).status == 200) }
        #expect(
            server.requests.map(\.body) == Array(repeating: Array("head".utf8) + file + Array("tail".utf8), count: 2))
        #expect(told.withLock { $0.last } == 400_008)
    }

    @Test func sendsAPartOfAFile() throws {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        let directory = TemporaryDirectory()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = directory.file("body", bytes)
        let request = HTTPRequest(
            method: "POST", url: server.url, body: .file(path: path, offset: 1000, length: 150_000))
        #expect(try client.send(request).status == 200)
        #expect(server.requests.first?.body == Array(bytes[1000..<151_000]))
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "PUT", "POST"])
    func sendsMethodsWithoutBody(method: String) throws {
        let server = ScriptedServer { _ in .answer(204, [("Content-Length", "0")]) }
        defer { server.stop() }
        #expect(try client.send(HTTPRequest(method: method, url: server.url)).status == 204)
        let received = try #require(server.requests.first)
        #expect(received.method == method)
        #expect(received.headers["content-length"] == (method == "PUT" || method == "POST" ? "0" : nil))
    }

    @Test func keepsTheConnection() throws {
        let server = ScriptedServer { _ in .answer(200, [], "x") }
        defer { server.stop() }
        for _ in 0..<3 { #expect(try client.send(HTTPRequest(method: "GET", url: server.url)).status == 200) }
        #expect(server.requests.map(\.connection) == [0, 0, 0])
    }

    @Test func sendsTheBodyAgainWhenAKeptConnectionIsDead() throws {
        // The connection is closed without an answer on its second request; libcurl opens another and rewinds.
        let server = ScriptedServer { $0.number == 1 ? .close : .answer(200) }
        defer { server.stop() }
        let directory = TemporaryDirectory()
        let bytes = [UInt8](repeating: 9, count: 20_000)
        let path = directory.file("body", bytes)
        let request = HTTPRequest(method: "PUT", url: server.url, body: .file(path: path, offset: 0, length: 20_000))
        for _ in 0..<2 { #expect(try client.send(request).status == 200) }
        #expect(server.requests.map(\.connection) == [0, 0, 1])
        #expect(server.requests.last?.body == bytes)
    }

    @Test(arguments: ["PUT", "POST"])
    func sendsTheBodyAgainWhenAKeptConnectionBreaksWhileItIsSent(method: String) throws {
        let server = ScriptedServer(breaksAt: 1) { _ in .answer(200) }
        defer { server.stop() }
        // More than the kernel keeps for both ends: the client is still writing when the server goes.
        let body = patternedBytes(8 << 20)
        let request = HTTPRequest(method: method, url: server.url, body: .bytes(body))
        #expect(try client.send(HTTPRequest(method: "GET", url: server.url)).status == 200)
        #expect(try client.send(request).status == 200)
        #expect(server.requests.map(\.connection) == [0, 1])
        #expect(server.requests.last?.body == body)
    }

    @Test func aNewConnectionThatBreaksWhileABodyIsSentIsNotTriedAgain() {
        let server = ScriptedServer(breaksAt: 0) { _ in .answer(200) }
        defer { server.stop() }
        let request = HTTPRequest(method: "PUT", url: server.url, body: .bytes([UInt8](repeating: 1, count: 8 << 20)))
        #expect(kind { try client.send(request) } == "brokenOff")
        #expect(server.requests.isEmpty)
    }

    @Test func streamsTheBodyOfASuccess() throws {
        let text = String(repeating: "0123456789", count: 50_000)
        let server = ScriptedServer { _ in .answer(200, [], text) }
        defer { server.stop() }
        var received: [UInt8] = []
        let request = HTTPRequest(method: "GET", url: server.url, maxResponseBytes: 10)
        let response = try client.send(request) { bytes in
            received.append(contentsOf: bytes)
            return true
        }
        #expect(received == Array(text.utf8))
        #expect(response.body.isEmpty)
        #expect(response.bodyBytes == Int64(text.utf8.count))
    }

    @Test func aSinkCanStop() throws {
        let server = ScriptedServer { _ in .answer(200, [], String(repeating: "x", count: 5_000_000)) }
        defer { server.stop() }
        var calls = 0
        let response = try client.send(HTTPRequest(method: "GET", url: server.url)) { _ in
            calls += 1
            return false
        }
        #expect(calls == 1)
        #expect(response.status == 200)
        // The handle serves on.
        #expect(try client.send(HTTPRequest(method: "HEAD", url: server.url)).status == 200)
    }

    @Test func aFailureIsCollectedNotStreamed() throws {
        let server = ScriptedServer { _ in .answer(503, [], "why") }
        defer { server.stop() }
        let response = try client.send(HTTPRequest(method: "GET", url: server.url)) { _ in
            Issue.record("the sink got an error's body")
            return true
        }
        #expect(String(decoding: response.body, as: UTF8.self) == "why")
    }

    @Test func refusesAnAnswerBeyondTheLimit() {
        let server = ScriptedServer { _ in .answer(200, [], "12345678901") }
        defer { server.stop() }
        #expect(throws: HTTPError.responseTooLarge) {
            try client.send(HTTPRequest(method: "GET", url: server.url, maxResponseBytes: 10))
        }
        #expect(throws: Never.self) {
            try client.send(HTTPRequest(method: "GET", url: server.url, maxResponseBytes: 11))
        }
    }

    @Test func tellsNotConnectedFromBrokenOffFromTimedOut() {
        #expect(
            kind { try client.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(ScriptedServer.closedPort())")) }
                == "couldNotConnect")
        #expect(kind { try client.send(HTTPRequest(method: "GET", url: "http://host.invalid/")) } == "couldNotConnect")
        for reply in [
            ScriptedServer.Reply.close, .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), .raw("HTTP/1.1 200 OK\r\nConte"),
        ] {
            let server = ScriptedServer { _ in reply }
            defer { server.stop() }
            #expect(kind { try client.send(HTTPRequest(method: "GET", url: server.url)) } == "brokenOff")
        }
        let silent = ScriptedServer { _ in .silence }
        defer { silent.stop() }
        let timeouts = HTTPTimeouts(total: .milliseconds(50))
        #expect(
            kind { try client.send(HTTPRequest(method: "GET", url: silent.url, timeouts: timeouts)) } == "timedOut")
    }

    @Test func refusesWhatCannotBeSent() {
        let server = ScriptedServer { _ in .answer(200) }
        defer { server.stop() }
        for request in [
            HTTPRequest(method: "GET", url: "file:///etc/hostname"),
            HTTPRequest(method: "GET", url: server.url, headers: [("X-Name", "a\r\nX-Other: b")]),
            HTTPRequest(method: "PUT", url: server.url, body: .file(path: "/nonexistent", offset: 0, length: 1)),
            HTTPRequest(method: "PUT", url: server.url, body: .file(path: "/dev/null", offset: 0, length: 1)),
        ] {
            #expect(kind { try client.send(request) } == "other")
        }
    }

    @Test func followsNoRedirects() throws {
        let server = ScriptedServer { _ in .answer(302, [("Location", "/elsewhere")]) }
        defer { server.stop() }
        #expect(try client.send(HTTPRequest(method: "GET", url: server.url)).status == 302)
        #expect(server.requests.count == 1)
    }

    @Test func skipsInterimAnswers() throws {
        let server = ScriptedServer { _ in
            .raw("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let response = try client.send(HTTPRequest(method: "GET", url: server.url))
        #expect(response.status == 200)
        #expect(response.header("X-Interim") == nil)
        #expect(response.body == Array("ok".utf8))
    }

    @Test func servesManyThreads() {
        let server = ScriptedServer { .answer(200, [], $0.target) }
        defer { server.stop() }
        let right = Condition(0)
        let client = client
        let url = server.url
        let threads = (0..<8).map { thread in
            WorkerThread(name: "client") {
                for number in 0..<20 {
                    let target = "/\(thread)/\(number)"
                    let response = try? client.send(HTTPRequest(method: "GET", url: url + target))
                    if let response, response.body == Array(target.utf8) { right.update { $0 += 1 } }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(right.withLock { $0 } == 160)
        #expect(server.requests.map(\.connection).max() ?? 99 < 8)
    }

    /// The case of the error that the closure throws.
    private func kind(_ body: () throws -> HTTPResponse) -> String {
        do {
            return "status \(try body().status)"
        } catch {
            switch error as? HTTPError {
            case .couldNotConnect: return "couldNotConnect"
            case .timedOut: return "timedOut"
            case .brokenOff: return "brokenOff"
            case .responseTooLarge: return "responseTooLarge"
            case .other: return "other"
            case nil: return "\(error)"
            }
        }
    }
}
