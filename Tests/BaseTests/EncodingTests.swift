import Base
import Testing

@Suite struct EncodingTests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsRFC4648(text: String, encoded: String) {
        #expect(Base64.encode(text.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let unpadded = encoded.filter { $0 != "=" }
        #expect(Base64.encodeURLSafe(text.utf8) == unpadded)
        #expect(Base64.decodeURLSafe(unpadded) == Array(text.utf8))
    }

    @Test func alphabetsDifferInTwoCharacters() {
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.encodeURLSafe([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decode("-_8=") == nil)
        #expect(Base64.decodeURLSafe("+/8") == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "=", "==", "====", "Zm9v=", "Zm9v====", "Zg==Zg==", "Zm 9v",
        "Zm9v\n",
        "Zm9\u{E9}", "Z=g=",
    ])
    func otherBase64IsRefused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zh", "Zm9", "Zg==", "Zm9v=", "Zm9vZ", "Zm\u{0}v"])
    func otherURLSafeBase64IsRefused(text: String) {
        #expect(Base64.decodeURLSafe(text) == nil)
    }

    @Test func everyByteStringHasOneText() {
        for first in UInt8.min...255 {
            for tail: [UInt8] in [[], [0xA5], [0xA5, 0x5A], [0xA5, 0x5A, 0xFF]] {
                let bytes = [first] + tail
                #expect(Base64.decode(Base64.encode(bytes)) == bytes)
                #expect(Base64.decodeURLSafe(Base64.encodeURLSafe(bytes)) == bytes)
                #expect(Hex.decode(Hex.encode(bytes)) == bytes)
            }
        }
    }

    /// RFC 4648 section 10, in lower case.
    @Test func hexIsLowerCaseAndReadsBoth() {
        #expect(Hex.encode("foobar".utf8) == "666f6f626172")
        #expect(Hex.decode("666F6f626172") == Array("foobar".utf8))
        #expect(Hex.decode("") == [])
        for text in ["6", "6g", "0x66", " 66", "66 ", "\u{FF16}6"] { #expect(Hex.decode(text) == nil) }
    }

    @Test func percentEncodingKeepsUnreservedOnly() {
        #expect(PercentEncoding.encode("AZaz09-._~") == "AZaz09-._~")
        #expect(PercentEncoding.encode("a b/c+d%\u{E9}") == "a%20b%2Fc%2Bd%25%C3%A9")
        #expect(PercentEncoding.encode("a b/c", keepingSlash: true) == "a%20b/c")
        #expect(PercentEncoding.encode("") == "")
    }

    @Test func percentDecodingReversesIt() {
        #expect(PercentEncoding.decode("a%20b%2fc%2Bd%25%C3%a9") == "a b/c+d%\u{E9}")
        #expect(PercentEncoding.decode("a+b") == "a+b")
        #expect(PercentEncoding.decode("a+b", plusIsSpace: true) == "a b")
        #expect(PercentEncoding.decode("%2B", plusIsSpace: true) == "+")
        for text in ["%", "%4", "%G0", "%0G", "%FF", "%C3", "%C3%28", "%C0%80", "%ED%A0%80", "a%"] {
            #expect(PercentEncoding.decode(text) == nil)
        }
    }
}
