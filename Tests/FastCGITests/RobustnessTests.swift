import Base
import FastCGI
import Glibc
import Testing

extension FastCGISuite {
    @Suite struct RobustnessTests {
        /// What a handler made of the body: its text, or the error's name.
        private static func outcomes(
            of pieces: [(prefix: [UInt8], length: String?)], _ read: @escaping @Sendable (RequestHandle) -> String
        ) throws -> [String?] {
            let fixture = Fixture()
            let seen = Condition<String?>(nil)
            let listener = try fixture.listen(threads: 1) { request in
                let outcome = read(request)
                seen.update { $0 = outcome }
                request.respond(status: 200, headers: [], body: [])
            }
            var outcomes: [String?] = []
            for piece in pieces {
                seen.withLock { $0 = nil }
                let connection = try #require(RawConnection(fixture.path))
                connection.send(piece.prefix)
                connection.endSending()
                _ = connection.readToEnd()
                outcomes.append(seen.withLock { $0 })
            }
            #expect(listener.stop(deadline: .seconds(10)))
            return outcomes
        }

        private static func wholeBody(_ request: RequestHandle) -> String {
            do {
                return String(decoding: try request.body(limit: 1000), as: UTF8.self)
            } catch { return "\(error)" }
        }

        private static func streamedBody(_ request: RequestHandle) -> String {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4)
            do {
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try request.read(into: $0) }
                    if count == 0 { return String(decoding: text, as: UTF8.self) }
                    text += buffer[..<count]
                }
            } catch { return "\(error)" }
        }

        @Test(arguments: [nil, "11"], [false, true])
        func bodyCutAtAnyByteIsSeen(length: String?, streamed: Bool) throws {
            let head = Wire.begin() + Wire.parameters(length.map { [("CONTENT_LENGTH", $0)] } ?? [("A", "B")])
            let whole = head + Wire.input(["hello", " ", "world"])
            let prefixes = (0...whole.count).map { (prefix: Array(whole[..<$0]), length: length) }
            let outcomes = try Self.outcomes(of: prefixes, streamed ? Self.streamedBody : Self.wholeBody)
            for (count, outcome) in outcomes.enumerated() {
                let expected = count < head.count ? nil : count < whole.count ? "bodyCut" : "hello world"
                #expect(outcome == expected, "after \(count) of \(whole.count) bytes")
            }
        }

        @Test(arguments: ["10", "12", "eleven", "-11", "11 ", "99999999999999999999"])
        func lengthThatIsNotTheBodysIsACut(length: String) throws {
            let bytes =
                Wire.begin() + Wire.parameters([("CONTENT_LENGTH", length)]) + Wire.input(["hello", " world"])
            #expect(try Self.outcomes(of: [(bytes, length)], Self.streamedBody) == ["bodyCut"])
        }

        @Test func emptyLengthIsNoLength() throws {
            let bytes = Wire.begin() + Wire.parameters([("CONTENT_LENGTH", "")]) + Wire.input(["hello"])
            #expect(try Self.outcomes(of: [(bytes, "")], Self.wholeBody) == ["hello"])
        }

        @Test func bodyOverTheLimitIsRefused() throws {
            let declared = Wire.begin() + Wire.parameters([("CONTENT_LENGTH", "1001")])
            let undeclared =
                Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([String(repeating: "x", count: 1001)])
            let fitting =
                Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([String(repeating: "x", count: 1000)])
            let outcomes = try Self.outcomes(of: [(declared, nil), (undeclared, nil), (fitting, nil)], Self.wholeBody)
            #expect(outcomes == ["bodyTooLarge", "bodyTooLarge", String(repeating: "x", count: 1000)])
        }

        @Test func answerBeforeTheBodyIsReadArrives() throws {
            let fixture = Fixture()
            let listener = try fixture.listen { $0.respond(status: 413, headers: [], body: Array("too much".utf8)) }
            let answer = try fixture.call(body: [UInt8](repeating: 7, count: 8 << 20))
            #expect(answer.status == 413)
            // A peer that writes everything before it reads anything gets the answer too.
            let connection = try #require(RawConnection(fixture.path))
            let piece = Wire.record(5, [UInt8](repeating: 1, count: 60_000))
            #expect(connection.send(Wire.begin() + Wire.parameters([("CONTENT_LENGTH", "6000000")])))
            for _ in 0..<100 { #expect(connection.send(piece)) }
            #expect(connection.send(Wire.record(5, [])))
            connection.endSending()
            #expect(connection.readOutput().hasSuffix("too much"))
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func discardReadsToTheEndOrTheLimit() throws {
            let fixture = Fixture()
            let listener = try fixture.listen { request in
                let limit = Int64(request.parameters["LIMIT"] ?? "") ?? 0
                let ended = request.discardBody(limit: limit, deadline: .now + .seconds(10))
                request.respond(status: 200, headers: [], body: Array("\(ended)".utf8))
            }
            let body = [UInt8](repeating: 7, count: 100_000)
            #expect(try fixture.call([("LIMIT", "200000")], body: body).body == Array("true".utf8))
            #expect(try fixture.call([("LIMIT", "50000")], body: body).body == Array("false".utf8))
            #expect(listener.stop(deadline: .seconds(10)))
        }

        /// A web server that cannot send the rest of a body throws the answer away, which it has already.
        @Test func bodyOfUnknownLengthMayComeAfterItsAnswer() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(threads: 1, Handlers.ok)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Wire.begin() + Wire.parameters([("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "")]))
            #expect(connection.readOutput().hasPrefix("Status: 200 OK\r\n"))
            #expect(connection.send(Wire.record(5, [UInt8](repeating: 7, count: 9_000))))
            connection.endSending()
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func bodyBytesNeverBecomeARequest() throws {
            let fixture = Fixture()
            let seen = Condition<[String]>([])
            let listener = try fixture.listen(threads: 1) { request in
                seen.update { $0.append(request.parameters["USER"] ?? "-") }
                request.respond(status: 403, headers: [], body: [])
            }
            let forged = Wire.begin(keep: true) + Wire.parameters([("USER", "forged")]) + Wire.input([])
            let connection = try #require(RawConnection(fixture.path))
            connection.send(
                Wire.begin(keep: true) + Wire.parameters([("USER", "real"), ("CONTENT_LENGTH", "\(forged.count)")])
                    + forged)
            connection.endSending()
            #expect(connection.readOutput().hasPrefix("Status: 403 Forbidden\r\n"))
            #expect(try fixture.call([("USER", "next")]).status == 403)
            #expect(listener.stop(deadline: .seconds(10)))
            #expect(seen.withLock { $0 } == ["real", "next"])
        }

        @Test func silentPeersAndHalfHeadsFreeTheirThread() throws {
            let fixture = Fixture()
            var limits = ConnectionLimits()
            limits.header = .milliseconds(50)
            let listener = try fixture.listen(threads: 1, limits: limits, Handlers.ok)
            let silent = try #require(RawConnection(fixture.path))
            let half = try #require(RawConnection(fixture.path))
            half.send(Array((Wire.begin() + Wire.parameters([("A", "B")])).prefix(21)))
            #expect(try fixture.call().status == 200)
            #expect(silent.readToEnd().isEmpty)
            #expect(half.readToEnd().isEmpty)
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func bodyThatStandsStillIsACut() throws {
            let fixture = Fixture()
            var limits = ConnectionLimits()
            limits.body = .milliseconds(50)
            limits.linger = .milliseconds(50)
            let listener = try fixture.listen(threads: 1, limits: limits, Handlers.echo)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(
                Wire.begin() + Wire.parameters([("CONTENT_LENGTH", "9")]) + Wire.record(5, Array("half".utf8)))
            #expect(connection.readOutput().hasSuffix("bodyCut"))
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func peerThatLeavesHurtsNobody() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let listener = try fixture.listen(threads: 1) { request in
                if request.parameters["WAIT"] != nil { _ = gate.wait { $0 ? true : nil } }
                request.respond(status: 200, headers: [], body: [UInt8](repeating: 1, count: 1 << 20))
            }
            var leaving = RawConnection(fixture.path)
            leaving?.send(Wire.begin() + Wire.parameters([("WAIT", "1")]) + Wire.input([]))
            leaving = nil
            gate.update { $0 = true }
            #expect(try fixture.call().body.count == 1 << 20)
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test(arguments: [
            [UInt8](repeating: 0xFF, count: 64), Wire.record(1, [0, 9, 0, 0, 0, 0, 0, 0]), Wire.record(4, []),
            Wire.begin() + Wire.record(4, [200, 1, 1]) + Wire.record(4, []), Wire.begin() + Wire.record(99, [1]),
        ])
        func garbageIsClosedAndForgotten(bytes: [UInt8]) throws {
            let fixture = Fixture()
            let listener = try fixture.listen(threads: 1, Handlers.ok)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(bytes)
            connection.endSending()
            #expect(connection.readToEnd().isEmpty)
            #expect(try fixture.call().status == 200)
            #expect(listener.stop(deadline: .seconds(10)))
        }
    }
}
