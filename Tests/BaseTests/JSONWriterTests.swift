import Base
import Testing

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func nestedValuesHaveTheirCommas() {
        let written = text { json in
            json.object { json in
                json.member("a", 1)
                json.key("b")
                json.array([1, 2]) { $1.write(to: &$0) }
                json.key("c")
                json.object { _ in }
                json.key("d")
                json.array([[1], []] as [[Int]]) { $1.write(to: &$0) }
                json.member("e", String?.none)
                json.member("f", String?.some("x"))
                json.key("g")
                json.json("{\"raw\":1}".utf8)
                json.dynamicKey("h\"")
                json.value(true)
                json.member("i", false)
            }
        }
        #expect(
            written
                == #"{"a":1,"b":[1,2],"c":{},"d":[[1],[]],"e":null,"f":"x","g":{"raw":1},"h\"":true,"i":false}"#)
    }

    /// RFC 8259 section 7: quote, backslash and U+0000 to U+001F.
    @Test func controlCharactersAreEscaped() throws {
        let all = String(String.UnicodeScalarView((0..<0x20).compactMap(Unicode.Scalar.init)))
        let written = String(decoding: all.jsonBytes, as: UTF8.self)
        #expect(
            written
                == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\t\n\u000b\u000c\r\u000e\u000f"#
                + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f""#)
        #expect(try JSONValue(parsing: all.jsonBytes) == .string(all))
    }

    @Test func otherTextIsKept() throws {
        for string in ["", "\"\\/", "\u{7F}\u{80}\u{2028}\u{FEFF}", "\u{1F511}e\u{301}", "</script>", "\\\"\\"] {
            #expect(try JSONValue(parsing: string.jsonBytes) == .string(string))
        }
        #expect(String(decoding: "a\"b\\c/\u{E9}".jsonBytes, as: UTF8.self) == "\"a\\\"b\\\\c/\u{E9}\"")
    }

    @Test func numbersAreJSON() {
        #expect(text { $0.value(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.value(0.1) } == "0.1")
        #expect(text { $0.value(1e300) } == "1e+300")
        #expect(text { $0.value(Double.infinity) } == "null")
        #expect(text { $0.value(Double.nan) } == "null")
    }

    @Test func timesAndIdentifiersAreStrings() {
        #expect(String(decoding: Timestamp(seconds: 0).jsonBytes, as: UTF8.self) == "\"1970-01-01T00:00:00.000000Z\"")
        let id = Identifier<JSONWriterTests>(high: 1, low: 2)
        #expect(String(decoding: id.jsonBytes, as: UTF8.self) == "\"00000000-0000-0001-0000-000000000002\"")
    }
}
