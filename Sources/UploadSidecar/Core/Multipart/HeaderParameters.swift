/// A header value with parameters: `value; name=text; name="text"` (RFC 2045 section 5.1).
///
/// In quoted text a backslash escapes only `"` and `\`; before anything else it stands for itself, because browsers
/// send it bare. Blanks are allowed around `;` only; an empty parameter is skipped; unquoted text may hold any visible
/// character but `;` and `"`.
struct HeaderParameters: Equatable {
    /// The leading value, lower-cased.
    let value: String
    /// The parameters by their lower-cased names.
    let parameters: [String: String]

    /// Nil when the text is malformed or a parameter stands twice.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        value = Self.text(Self.takeUnquoted(&rest)).lowercased()
        var parameters: [String: String] = [:]
        while rest.popFirst() != nil {  // the semicolon
            rest = rest.drop(while: Self.isBlank)
            guard let first = rest.first else { break }
            if first == UInt8(ascii: ";") { continue }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), rest[..<equals].allSatisfy(Self.isToken),
                equals > rest.startIndex
            else { return nil }
            let name = Self.text(rest[..<equals]).lowercased()
            rest = rest[(equals + 1)...]
            let parsed: [UInt8]
            if rest.first == UInt8(ascii: "\"") {
                guard let quoted = Self.takeQuoted(&rest) else { return nil }
                parsed = quoted
            } else {
                let bare = Self.takeUnquoted(&rest)
                guard !bare.isEmpty, !bare.contains(where: { $0 == UInt8(ascii: "\"") || Self.isBlank($0) }) else {
                    return nil
                }
                parsed = Array(bare)
            }
            guard parameters.updateValue(Self.text(parsed), forKey: name) == nil else { return nil }
        }
        self.parameters = parameters
    }

    /// Whether the byte may stand in a token (RFC 9110 section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Takes everything up to the next semicolon and trims it.
    private static func takeUnquoted(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
        var taken = rest[..<end].drop(while: isBlank)
        while let last = taken.last, isBlank(last) { taken.removeLast() }
        rest = rest[end...]
        return taken
    }

    /// Takes a quoted string and the blanks after it; nil when it is not closed or more text follows.
    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var index = rest.startIndex + 1
        while index < rest.endIndex {
            var byte = rest[index]
            if byte == UInt8(ascii: "\"") {
                rest = rest[(index + 1)...].drop(while: isBlank)
                return rest.isEmpty || rest.first == UInt8(ascii: ";") ? out : nil
            }
            if byte == UInt8(ascii: "\\"), index + 1 < rest.endIndex,
                rest[index + 1] == UInt8(ascii: "\"") || rest[index + 1] == UInt8(ascii: "\\")
            {
                index += 1
                byte = rest[index]
            }
            out.append(byte)
            index += 1
        }
        return nil
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
