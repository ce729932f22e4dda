import Base

/// The Content-Disposition of a form part (RFC 7578 section 4.2).
struct ContentDisposition: Equatable {
    let name: String
    let filename: String?

    /// - Throws: `.malformedDisposition` when it is not `form-data`, has no name, repeats a parameter, or its
    ///   `filename*` cannot be read. `filename*` (RFC 8187) wins over `filename`, as RFC 6266 section 4.3 has it.
    init(_ text: String) throws(MultipartError) {
        guard let header = HeaderParameters(text), header.value == "form-data",
            let name = header.parameters["name"]
        else { throw .malformedDisposition }
        self.name = Self.unescape(name)
        if let extended = header.parameters["filename*"] {
            guard let decoded = Self.decodeExtended(extended) else { throw .malformedDisposition }
            filename = decoded
        } else {
            filename = header.parameters["filename"].map(Self.unescape)
        }
    }

    /// Undoes the escapes of browsers: `%22`, `%0D` and `%0A`, nothing else (WHATWG HTML, "multipart/form-data
    /// encoding algorithm"; a percent sign is not itself escaped there).
    private static func unescape(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let escaped = escapes[Array(rest.prefix(2))] {
                out.append(escaped)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let escapes: [[UInt8]: UInt8] = [
        Array("22".utf8): UInt8(ascii: "\""), Array("0D".utf8): UInt8(ascii: "\r"),
        Array("0A".utf8): UInt8(ascii: "\n"),
    ]

    /// `UTF-8'language'percent-encoded` (RFC 8187 section 3.2.1); other charsets are refused.
    private static func decodeExtended(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        let allowed: (UInt8) -> Bool = { byte in
            byte == UInt8(ascii: "%")
                || HeaderParameters.isToken(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "*")
        }
        guard parts[2].utf8.allSatisfy(allowed) else { return nil }
        return PercentEncoding.decode(parts[2])
    }
}
