package import Base

/// What a Swift array may hold to be sent and read: `[UInt8]` is a bytea, arrays of the others are one-dimensional SQL
/// arrays without NULLs.
package protocol PostgresArrayElement {
    /// The text of the whole array.
    static func postgresText(of elements: [Self]) -> String

    /// Reads the text of a whole array; nil when it is none of this type.
    static func elements(postgresText: UnsafeRawBufferPointer) -> [Self]?
}

extension String: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Identifier: PostgresArrayElement {}

extension UInt8: PostgresArrayElement {
    /// The hex format of bytea: `\x` and two digits a byte.
    package static func postgresText(of elements: [UInt8]) -> String { "\\x" + Hex.encode(elements) }

    package static func elements(postgresText: UnsafeRawBufferPointer) -> [UInt8]? {
        guard postgresText.count >= 2, postgresText.count.isMultiple(of: 2), postgresText[0] == UInt8(ascii: "\\"),
            postgresText[1] == UInt8(ascii: "x")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(postgresText.count / 2 - 1)
        for index in stride(from: 2, to: postgresText.count, by: 2) {
            guard let high = Hex.value(of: postgresText[index]), let low = Hex.value(of: postgresText[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    /// `{"a","b"}`: every element quoted, which needs no look at its content but for quotes and backslashes.
    package static func postgresText(of elements: [Self]) -> String {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var text = [UInt8(ascii: "{")]
        for element in elements {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            text.append(quote)
            for byte in (element.postgresText ?? "").utf8 {
                if byte == quote || byte == backslash { text.append(backslash) }
                text.append(byte)
            }
            text.append(quote)
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    package static func elements(postgresText: UnsafeRawBufferPointer) -> [Self]? {
        var reader = ArrayReader(text: postgresText)
        guard let texts = reader.elements() else { return nil }
        var elements: [Self] = []
        elements.reserveCapacity(texts.count)
        for text in texts {
            guard let element = text.withUnsafeBytes({ Self(postgresText: $0) }) else { return nil }
            elements.append(element)
        }
        return elements
    }
}

/// Splits the text of a one-dimensional array (PostgreSQL manual, 8.15.6).
private struct ArrayReader {
    let text: UnsafeRawBufferPointer
    var position = 0

    init(text: UnsafeRawBufferPointer) { self.text = text }

    /// The elements without quotes and escapes; nil for NULL elements, inner arrays and broken text.
    mutating func elements() -> [[UInt8]]? {
        guard take("{") else { return nil }
        if take("}") { return position == text.count ? [] : nil }
        var elements: [[UInt8]] = []
        repeat {
            guard let element = text.count > position && text[position] == UInt8(ascii: "\"") ? quoted() : bare()
            else { return nil }
            elements.append(element)
        } while take(",")
        return take("}") && position == text.count ? elements : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func quoted() -> [UInt8]? {
        position += 1
        var element: [UInt8] = []
        while position < text.count {
            if take("\"") { return element }
            if take("\\"), position == text.count { return nil }
            element.append(text[position])
            position += 1
        }
        return nil
    }

    private mutating func bare() -> [UInt8]? {
        let start = position
        while position < text.count, text[position] != UInt8(ascii: ","), text[position] != UInt8(ascii: "}") {
            guard text[position] != UInt8(ascii: "{") else { return nil }
            position += 1
        }
        let element = Array(text[start..<position])
        return element.isEmpty || element == Array("NULL".utf8) ? nil : element
    }
}
