import Base
import FastCGI
import Testing

extension FastCGISuite {
    @Suite struct ResponseTests {
        private func output(status: Int, headers: [(name: String, value: String)], body: [UInt8]) throws -> String {
            let fixture = Fixture()
            let listener = try fixture.listen { $0.respond(status: status, headers: headers, body: body) }
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([]))
            defer { _ = listener.stop(deadline: .seconds(10)) }
            return connection.readOutput()
        }

        @Test(arguments: [
            (200, "OK"), (201, "Created"), (202, "Accepted"), (206, "Partial Content"), (302, "Found"),
            (400, "Bad Request"), (401, "Unauthorized"), (403, "Forbidden"), (404, "Not Found"),
            (405, "Method Not Allowed"), (408, "Request Timeout"), (409, "Conflict"), (411, "Length Required"),
            (413, "Content Too Large"), (414, "URI Too Long"), (415, "Unsupported Media Type"),
            (416, "Range Not Satisfiable"), (422, "Unprocessable Content"), (429, "Too Many Requests"),
            (431, "Request Header Fields Too Large"), (500, "Internal Server Error"), (502, "Bad Gateway"),
            (503, "Service Unavailable"), (504, "Gateway Timeout"), (507, "Insufficient Storage"), (299, "Status"),
        ])
        func everyStatusHasAReasonPhrase(status: Int, phrase: String) throws {
            let text = try output(status: status, headers: [], body: [])
            #expect(text == "Status: \(status) \(phrase)\r\nContent-Length: 0\r\n\r\n")
        }

        @Test func statusesWithoutABodyHaveNoLength() throws {
            #expect(try output(status: 204, headers: [], body: []) == "Status: 204 No Content\r\n\r\n")
            #expect(try output(status: 304, headers: [], body: []) == "Status: 304 Not Modified\r\n\r\n")
        }

        @Test func givenLengthIsKept() throws {
            let text = try output(status: 200, headers: [("content-length", "12")], body: [])
            #expect(text == "Status: 200 OK\r\ncontent-length: 12\r\n\r\n")
        }

        @Test func valuesCannotStartAHeader() throws {
            let headers = [
                (name: "X-One", value: "a\r\nSet-Cookie: b"), (name: "X-Two", value: "a\u{0}b\u{7F}c\td"),
                (name: "X Three", value: "c"), (name: "X-Four:\r\nX", value: "d"), (name: "", value: "e"),
                (name: "X-Five", value: "gr\u{FC}n"),
            ]
            let text = try output(status: 200, headers: headers, body: Array("!".utf8))
            #expect(
                text
                    == "Status: 200 OK\r\nX-One: a  Set-Cookie: b\r\nX-Two: a b c\td\r\nX-Five: gr\u{FC}n\r\nContent-Length: 1\r\n\r\n!"
            )
        }

        @Test func onlyTheFirstAnswerCounts() throws {
            let fixture = Fixture()
            let listener = try fixture.listen { request in
                request.respond(status: 200, headers: [], body: [])
                request.respond(status: 500, headers: [], body: [])
            }
            #expect(try fixture.call().status == 200)
            #expect(listener.stop(deadline: .seconds(10)))
        }
    }
}
