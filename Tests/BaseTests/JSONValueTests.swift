import Base
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func everyKindOfValueIsRead() throws {
        let value = try parse(
            #" {"n":null,"t":true,"f":false,"i":-12,"d":1.5,"e":2e2,"s":"a\u00e9\n\ud83d\udd11\/","a":[1,[],{}],"o":{"x":"y"}} "#
        )
        #expect(value["n"] == .null)
        #expect(value["t"]?.bool == true)
        #expect(value["f"]?.bool == false)
        #expect(value["i"]?.integer == -12)
        #expect(value["d"] == .number(1.5))
        #expect(value["s"]?.string == "a\u{E9}\n\u{1F511}/")
        #expect(value["a"] == .array([.integer(1), .array([]), .object([:])]))
        #expect(value["o"]?["x"]?.string == "y")
        #expect(value["missing"] == nil)
        #expect(value["s"]?.integer == nil)
        #expect(value["t"]?.integer == nil)
        #expect(value["i"]?.bool == nil)
    }

    @Test func anyValueMayStandAlone() throws {
        #expect(try parse("1") == .integer(1))
        #expect(try parse(" null ") == .null)
        #expect(try parse(#""x""#) == .string("x"))
        #expect(try parse("[]") == .array([]))
    }

    @Test func numbersKeepTheirKind() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("-9223372036854775808") == .integer(.min))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("0") == .integer(0))
        #expect(try parse("-0") == .integer(0))
        #expect(try parse("1.0") == .number(1))
        #expect(try parse("2E+2") == .number(200))
        #expect(try parse("1e-2") == .number(0.01))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,]", "[,1]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "{1:1}",
        "01", "-", "+1", ".5", "1.", "1e", "0x1", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "nul", "tru",
        "True", "undefined",
        "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"a\nb\"", "\"\t\"", "1 2", "{} {}", "[] x", "// c\n1",
        "/* c */ 1", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\u{FEFF}1", "1\u{0}", "[1\u{A0}]",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try parse(text) }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            Array("\"a\"".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
            [0xFE, 0xFF, 0, 0x31],
        ] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func aNameThatComesTwiceIsRefused() {
        #expect(throws: JSONSyntaxError.self) { try parse(#"{"role":"viewer","role":"admin"}"#) }
        #expect(throws: JSONSyntaxError.self) { try parse(#"{"a":1,"\u0061":2}"#) }
    }

    @Test func deepNestingIsRefusedOnASmallStack() {
        let outcomes = Condition<[Bool]>([])
        let thread = WorkerThread(name: "deep", stackBytes: 512 << 10) {
            for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
                for depth in [100, 511, 513, 100_000] {
                    let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                    let parsed = (try? JSONValue(parsing: Array(text.utf8))) != nil
                    outcomes.update { $0.append(parsed) }
                }
                let unclosed = String(repeating: open, count: 100_000)
                let parsed = (try? JSONValue(parsing: Array(unclosed.utf8))) != nil
                outcomes.update { $0.append(parsed) }
            }
        }
        thread.join()
        let result = outcomes.withLock { $0 }
        #expect(result.count == 10)
        #expect(result[0] && result[5])
        #expect(!result[3] && !result[4] && !result[8] && !result[9])
    }

    @Test func writtenValuesAreReadBack() throws {
        let value = JSONValue.object([
            "b": .array([.integer(.min), .number(-0.5), .null, .bool(true)]), "a": .string("\u{0}\"\\\u{1F511}"),
            "": .object(["nested": .array([])]),
        ])
        #expect(try JSONValue(parsing: value.jsonBytes) == value)
        #expect(
            String(decoding: value.jsonBytes, as: UTF8.self).hasPrefix(#"{"":{"nested":[]},"a":"\u0000\"\\"#))
    }
}
