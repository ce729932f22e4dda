import Base
import FastCGI
import Testing

extension FastCGISuite {
    @Suite struct ParametersTests {
        /// Sends raw parameter bytes and hands the parsed parameters back.
        private func parse(_ content: [UInt8]) throws -> Parameters {
            let fixture = Fixture()
            let seen = Condition<Parameters?>(nil)
            let listener = try fixture.listen { request in
                let parameters = request.parameters
                seen.update { $0 = parameters }
                request.respond(status: 200, headers: [], body: [])
            }
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Wire.begin() + Wire.record(4, content) + Wire.record(4, []) + Wire.record(5, []))
            _ = connection.readToEnd()
            #expect(listener.stop(deadline: .seconds(10)))
            return try #require(seen.withLock { $0 })
        }

        private func pair(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] {
            [UInt8(name.count), UInt8(value.count)] + name + value
        }

        @Test func namesFindTheirValues() throws {
            let parameters = try parse(
                pair(Array("A".utf8), Array("1".utf8)) + pair(Array("AB".utf8), [])
                    + pair(Array("B".utf8), Array("x=y".utf8)))
            #expect(parameters["A"] == "1")
            #expect(parameters["AB"] == "")
            #expect(parameters["B"] == "x=y")
            #expect(parameters["C"] == nil)
            #expect(parameters[""] == nil)
            #expect(parameters["FCGI_ROLE"] == nil)
            #expect(parameters.names == ["A", "AB", "B"])
            #expect(parameters.duplicated.isEmpty)
        }

        @Test func firstOfADuplicateIsKeptAndNamed() throws {
            let name = Array("HTTP_HOST".utf8)
            let parameters = try parse(
                pair(name, Array("one".utf8)) + pair(Array("X".utf8), []) + pair(name, Array("two".utf8)))
            #expect(parameters["HTTP_HOST"] == "one")
            #expect(parameters.duplicated == ["HTTP_HOST"])
            #expect(parameters.count == 2)
        }

        @Test func bytesThatAreNotUTF8AreReplacedAndKeptRaw() throws {
            let parameters = try parse(pair(Array("P".utf8), [0x61, 0xFF, 0x62]) + pair([0xFE], [0x63]))
            #expect(parameters["P"] == "a\u{FFFD}b")
            #expect(parameters.rawValue(of: "P") == [0x61, 0xFF, 0x62])
            #expect(parameters.rawValue(of: "Q") == nil)
            #expect(parameters.count == 2)
        }

        @Test func noParametersAreNoParameters() throws {
            #expect(try parse([]).count == 0)
        }

        @Test func manyNamesAreAllFound() {
            let parameters = Parameters((0..<5000).map { ("NAME\($0)", "\($0)") } + [("NAME7", "again")])
            #expect((0..<5000).allSatisfy { parameters["NAME\($0)"] == "\($0)" })
            #expect(parameters.duplicated == ["NAME7"])
        }
    }
}
