import Base
import FastCGI
import Glibc
import Testing

extension FastCGISuite {
    @Suite struct KeptConnectionTests {
        private static func request(_ pairs: [(String, String)] = [("A", "B")], body: [String] = []) -> [UInt8] {
            Wire.begin(keep: true) + Wire.parameters(pairs) + Wire.input(body)
        }

        @Test func connectionCarriesOneRequestAfterAnother() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(Handlers.echo)
            let connection = try #require(RawConnection(fixture.path))
            for round in 0..<50 {
                let text = "round \(round)"
                connection.send(Self.request([("CONTENT_LENGTH", "\(text.utf8.count)")], body: [text]))
                let answer = try #require(connection.readAnswerText())
                #expect(answer.hasSuffix("\r\n\r\n" + text))
            }
            connection.endSending()
            #expect(connection.readToEnd().isEmpty)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func connectionThatIsNotToBeKeptIsClosed() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(Handlers.ok)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([]))
            #expect(connection.readAnswer()?.last?.type == 3)
            #expect(connection.readToEnd().isEmpty)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func connectionsAtRestHoldNoThread() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(threads: 1, Handlers.ok)
            let connections = try (0..<100).map { _ in try #require(RawConnection(fixture.path)) }
            for _ in 0..<3 {
                for connection in connections {
                    connection.send(Self.request())
                    #expect(connection.readAnswerText()?.hasSuffix("ok") == true)
                }
                #expect(try fixture.call().status == 200)
            }
            // The last answer is here a moment before the listener has noted its end.
            waitUntil { listener.activeRequests == 0 }
            #expect(listener.activeRequests == 0)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func answersLongerThanARecordArriveWhole() throws {
            let fixture = Fixture()
            let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let listener = try fixture.listen { request in
                let count = Int(request.parameters["BYTES"] ?? "") ?? 0
                request.respond(status: 200, headers: [], body: Array(body[..<count]))
            }
            let connection = try #require(RawConnection(fixture.path))
            for count in [0, 1, 65_000, 65_400, 65_528, 65_536, 131_056, 300_000] {
                connection.send(Self.request([("BYTES", "\(count)")]))
                let records = try #require(connection.readAnswer())
                let output = records.filter { $0.type == 6 }.flatMap { $0.content }
                let head = String(decoding: output.prefix(80), as: UTF8.self)
                #expect(output.suffix(count).elementsEqual(body[..<count]))
                #expect(head.contains("Content-Length: \(count)\r\n"))
            }
            #expect(listener.stop(deadline: .seconds(20)))
        }

        /// The request's end is followed by a record that tells nginx not to use the connection again.
        @Test func bodyThatNobodyReadEndsTheConnection() throws {
            let fixture = Fixture()
            let seen = Condition<[String]>([])
            let listener = try fixture.listen(threads: 1) { request in
                seen.update { $0.append(request.parameters["USER"] ?? "-") }
                request.respond(status: 403, headers: [], body: [])
            }
            let forged = String(decoding: Wire.begin(keep: true) + Wire.parameters([("USER", "forged")]), as: UTF8.self)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(
                Self.request([("USER", "real"), ("CONTENT_LENGTH", "\(forged.utf8.count)")], body: [forged]))
            connection.send(Self.request([("USER", "next")]))
            #expect(connection.readAnswer()?.last?.type == 3)
            #expect(connection.readToEnd() == Wire.record(7, []))
            #expect(listener.stop(deadline: .seconds(20)))
            #expect(seen.withLock { $0 } == ["real"])
        }

        @Test func halfAHeadOnAKeptConnectionEndsIt() throws {
            let fixture = Fixture()
            var limits = ConnectionLimits()
            limits.header = .milliseconds(50)
            let listener = try fixture.listen(threads: 1, limits: limits, Handlers.ok)
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Self.request())
            #expect(connection.readAnswerText()?.hasSuffix("ok") == true)
            connection.send(Array(Self.request().prefix(21)))
            #expect(connection.readToEnd().isEmpty)
            #expect(try fixture.call().status == 200)
            #expect(listener.stop(deadline: .seconds(20)))
        }

        @Test func stopClosesWhatRests() throws {
            let fixture = Fixture()
            var limits = ConnectionLimits()
            limits.farewell = .milliseconds(20)
            let listener = try fixture.listen(threads: 3, limits: limits, Handlers.ok)
            let connections = try (0..<20).map { _ in try #require(RawConnection(fixture.path)) }
            for connection in connections {
                connection.send(Self.request())
                #expect(connection.readAnswerText()?.hasSuffix("ok") == true)
            }
            #expect(listener.stop(deadline: .seconds(20)))
            for connection in connections { #expect(connection.readToEnd().isEmpty) }
        }

        @Test func stopServesWhatComesOnAConnectionAtRestAndEndsIt() throws {
            let fixture = Fixture()
            var limits = ConnectionLimits()
            limits.farewell = .seconds(60)
            let listener = try fixture.listen(threads: 2, limits: limits, Handlers.ok)
            let connections = try (0..<10).map { _ in try #require(RawConnection(fixture.path)) }
            for connection in connections {
                connection.send(Self.request())
                #expect(connection.readAnswerText()?.hasSuffix("ok") == true)
            }
            let early = listener.stop(deadline: .milliseconds(20))
            #expect(!early)
            for connection in connections {
                connection.send(Self.request())
                #expect(connection.readAnswerText()?.hasSuffix("ok") == true)
                #expect(connection.readToEnd() == Wire.record(7, []))
            }
            // Nothing is left at rest: the farewell ends early.
            #expect(listener.stop(deadline: .seconds(20)))
        }
    }
}
