import Base
import FastCGI
import Foundation
import Glibc
import Testing

extension FastCGISuite {
    /// The same through the real web server, where it is installed.
    @Suite(.enabled(if: access("/usr/sbin/nginx", X_OK) == 0)) struct NginxTests {
        @Test func requestsPassThroughNginx() throws {
            let nginx = try Nginx()
            let listener = try nginx.fixture.listen(Handlers.echo)
            let answer = try nginx.post(Array("hello".utf8), declared: 5)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func answerBeforeTheBodyIsReadPassesThroughNginx() throws {
            let nginx = try Nginx()
            let listener = try nginx.fixture.listen { request in
                request.respond(status: 413, headers: [], body: Array("too much".utf8))
            }
            for _ in 0..<20 {
                let answer = try nginx.post([UInt8](repeating: 7, count: 4 << 20), declared: 4 << 20)
                #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
                #expect(answer.hasSuffix("\r\n\r\ntoo much"))
            }
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func restartsBehindKeptConnectionsLoseNoRequest() throws {
            let nginx = try Nginx()
            defer { withExtendedLifetime(nginx) {} }
            let fixture = nginx.fixture
            var listener = try fixture.listen(Handlers.ok)
            let finished = Condition(false)
            let tally = Condition((answered: 0, lost: 0))
            let callers = (0..<4).map { _ in
                WorkerThread(name: "caller") {
                    while !finished.withLock({ $0 }) {
                        let isAnswered =
                            (try? Nginx.get("/kept", of: fixture))?.hasPrefix("HTTP/1.1 200 OK\r\n") == true
                        tally.update { $0 = isAnswered ? ($0.answered + 1, $0.lost) : ($0.answered, $0.lost + 1) }
                    }
                }
            }
            var limits = ConnectionLimits()
            // None at all: each stop closes what rests while the callers go on.
            limits.farewell = .zero
            for _ in 0..<30 {
                let before = tally.withLock { $0.answered + $0.lost }
                _ = tally.wait(until: .now + .seconds(20)) { $0.answered + $0.lost > before + 8 ? true : nil }
                let successor = try fixture.listen(limits: limits, Handlers.ok)
                #expect(listener.stop(deadline: .seconds(20)))
                listener = successor
            }
            finished.update { $0 = true }
            for caller in callers { caller.join() }
            let result = tally.withLock { $0 }
            #expect(result.lost == 0)
            #expect(result.answered > 200)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func connectionsToTheApplicationAreKept() throws {
            let nginx = try Nginx()
            defer { withExtendedLifetime(nginx) {} }
            let listener = try nginx.fixture.listen(Handlers.ok)
            for _ in 0..<20 {
                let answer = try Nginx.get("/kept", of: nginx.fixture)
                #expect(answer.hasSuffix("ok"))
            }
            // It is put to rest a moment after the answer has gone out.
            waitUntil { listener.restingConnections > 0 }
            #expect(listener.restingConnections == 1)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func uploadCutByTheClientIsSeen() throws {
            let nginx = try Nginx()
            let outcome = Condition<String?>(nil)
            let listener = try nginx.fixture.listen { request in
                var text = "whole"
                do { _ = try request.body(limit: 1 << 20) } catch { text = "\(error)" }
                outcome.update { $0 = text }
                request.respond(status: 200, headers: [], body: [])
            }
            _ = try nginx.post([UInt8](repeating: 7, count: 30_000), declared: 50_000)
            #expect(outcome.wait(until: .now + .seconds(20)) { $0 } == "bodyCut")
            #expect(listener.stop(deadline: .seconds(10)))
        }
    }

    /// An nginx of one process on a unix socket, in front of the fixture's socket.
    private final class Nginx {
        let fixture = Fixture()
        private let process = Process()

        init() throws {
            let directory = fixture.directory
            let temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"]
                .map { "\($0)_temp_path \(directory)/\($0);" }.joined(separator: " ")
            let configuration = """
                daemon off; master_process off; pid \(directory)/pid; error_log \(directory)/error.log;
                events {}
                http {
                  upstream app { server unix:\(directory)/s max_fails=0; keepalive 8; }
                  access_log off; \(temporary) client_max_body_size 0;
                  server {
                    listen unix:\(directory)/http;
                    location / {
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_request_buffering off;
                      fastcgi_pass unix:\(directory)/s;
                    }
                    location /kept {
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_keep_conn on;
                      fastcgi_next_upstream error;
                      fastcgi_pass app;
                    }
                  }
                }
                """
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/nginx.conf"))
            process.executableURL = URL(fileURLWithPath: "/usr/sbin/nginx")
            process.arguments = ["-p", directory, "-e", directory + "/error.log", "-c", directory + "/nginx.conf"]
            try process.run()
            let end = ContinuousClock.now + .seconds(20)
            while RawConnection(directory + "/http") == nil, ContinuousClock.now < end { sched_yield() }
        }

        deinit {
            // Not SIGTERM: the child inherits a mask that blocks it from the thread that started it.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        static func get(_ path: String, of fixture: Fixture) throws -> String {
            let connection = try #require(RawConnection(fixture.directory + "/http"))
            connection.send(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
            return String(decoding: connection.readToEnd(), as: UTF8.self)
        }

        /// Sends a POST while reading the answer; ends sending after the body, however long it was declared.
        func post(_ body: [UInt8], declared: Int) throws -> String {
            let connection = try #require(RawConnection(fixture.directory + "/http"))
            let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(declared)\r\n\r\n"
            let descriptor = connection.descriptor
            let cut = body.count < declared
            let writer = WorkerThread(name: "writer") {
                let bytes = Array(head.utf8) + body
                var sent = 0
                while sent < bytes.count {
                    let count = bytes[sent...].withUnsafeBytes {
                        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if count <= 0 { break }
                    sent += count
                }
                if cut { shutdown(descriptor, Int32(SHUT_WR)) }
            }
            defer { writer.join() }
            return String(decoding: connection.readToEnd(), as: UTF8.self)
        }
    }
}
