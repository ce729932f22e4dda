/// Reads RFC 8259 text strictly: UTF-8 only, no trailing commas, no name twice in one object, bounded depth.
///
/// A name that comes twice is refused because readers differ in which of the values they take.
struct JSONParser {
    private static let deepest = 128
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    /// - Throws: `JSONSyntaxError` unless the bytes are one whole value.
    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
            var parser = JSONParser(bytes: bytes)
            let value = try parser.value()
            parser.skipSpace()
            guard parser.position == bytes.count else { throw JSONSyntaxError() }
            return value
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The next byte, or 0 at the end: a NUL is no part of any JSON outside strings, where the end is checked for.
    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> [String: JSONValue] {
        try enter()
        var members: [String: JSONValue] = [:]
        if take("}") { return members }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw JSONSyntaxError() }
            let name = try string()
            guard take(":"), members.updateValue(try value(), forKey: name) == nil else { throw JSONSyntaxError() }
        } while take(",")
        guard take("}") else { throw JSONSyntaxError() }
        depth -= 1
        return members
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        try enter()
        var elements: [JSONValue] = []
        if take("]") { return elements }
        repeat { elements.append(try value()) } while take(",")
        guard take("]") else { throw JSONSyntaxError() }
        depth -= 1
        return elements
    }

    /// Steps over the opening bracket.
    private mutating func enter() throws(JSONSyntaxError) {
        position += 1
        depth += 1
        guard depth <= Self.deepest else { throw JSONSyntaxError() }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let matches = text.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw JSONSyntaxError() }
        position += text.utf8CodeUnitCount
        return value
    }

    /// A whole number that fits is `integer`; with a fraction or an exponent, or too large for that, it is `number`.
    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw JSONSyntaxError() }
        return .number(number)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while (0x30...0x39).contains(next) { position += 1 }
        guard position > start else { throw JSONSyntaxError() }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        var start = position
        var unescaped: [UInt8] = []
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let tail = bytes[start..<position]
                position += 1
                let text =
                    unescaped.isEmpty
                    ? String(validating: tail, as: UTF8.self) : String(validating: unescaped + tail, as: UTF8.self)
                guard let text else { throw JSONSyntaxError() }
                return text
            case UInt8(ascii: "\\"):
                unescaped += bytes[start..<position]
                position += 1
                unescaped += String(try escaped()).utf8
                start = position
            case 0..<0x20: throw JSONSyntaxError()
            default: position += 1
            }
        }
        throw JSONSyntaxError()
    }

    /// What stands after a backslash.
    private mutating func escaped() throws(JSONSyntaxError) -> Unicode.Scalar {
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw JSONSyntaxError()
        }
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), next == UInt8(ascii: "\\") else { throw JSONSyntaxError() }
        position += 1
        guard next == UInt8(ascii: "u") else { throw JSONSyntaxError() }
        position += 1
        let trail = try codeUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw JSONSyntaxError() }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Hex.value(of: next) else { throw JSONSyntaxError() }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    private mutating func skipSpace() {
        while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    /// Steps over the character after any white space; false when another one stands there.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
