/// The header block of a CGI response (RFC 3875 section 6).
enum ResponseHead {
    /// `Status` with its reason phrase, the headers, Content-Length where it belongs and is not given, and the empty line.
    ///
    /// Control characters in values become spaces, so that no value can begin a header of its own; a header whose name
    /// is not a token (RFC 9110 section 5.6.2) is left out.
    static func bytes(status: Int, headers: [(name: String, value: String)], bodyCount: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512)
        out += "Status: ".utf8
        out += String(status).utf8
        out += " ".utf8
        out += ReasonPhrase.of(status).utf8
        out += "\r\n".utf8
        var hasLength = false
        for (name, value) in headers where !name.isEmpty && name.utf8.allSatisfy(isTokenByte) {
            if name.utf8.count == 14, name.lowercased() == "content-length" { hasLength = true }
            out += name.utf8
            out += ": ".utf8
            let start = out.count
            out += value.utf8
            for index in start..<out.count where isControl(out[index]) { out[index] = 0x20 }
            out += "\r\n".utf8
        }
        if !hasLength, status != 204, status != 304 {
            out += "Content-Length: ".utf8
            out += String(bodyCount).utf8
            out += "\r\n".utf8
        }
        out += "\r\n".utf8
        return out
    }

    private static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
