package import Base

/// A value that can be read from PostgreSQL's text format. NULL is `Row.decodeIfPresent`'s matter.
package protocol PostgresDecodable {
    /// Nil when the bytes, which live for the call only, are no value of the type.
    init?(postgresText: UnsafeRawBufferPointer)
}

extension String: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decoding: postgresText, as: UTF8.self) }
}

extension Bool: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) {
        guard postgresText.count == 1 else { return nil }
        switch postgresText[0] {
        case UInt8(ascii: "t"): self = true
        case UInt8(ascii: "f"): self = false
        default: return nil
        }
    }
}

extension Int: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
}

extension Int32: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
}

extension Int64: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
}

extension Double: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(String(decoding: postgresText, as: UTF8.self)) }
}

extension Timestamp: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(utf8: postgresText) }
}

extension Identifier: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(utf8: postgresText) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init?(postgresText: UnsafeRawBufferPointer) {
        guard let elements = Element.elements(postgresText: postgresText) else { return nil }
        self = elements
    }
}

extension FixedWidthInteger {
    /// Reads ASCII digits with an optional minus; nil for anything else and for a number out of range.
    fileprivate init?(decimal text: UnsafeRawBufferPointer) {
        let negative = text.first == UInt8(ascii: "-")
        let digits = text[(negative ? 1 : 0)...]
        guard !digits.isEmpty else { return nil }
        var value: Self = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = Self(byte - UInt8(ascii: "0"))
            // Built on the side of its sign, so that the lowest number of the type does not overflow.
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) =
                negative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = next
        }
        self = value
    }
}
