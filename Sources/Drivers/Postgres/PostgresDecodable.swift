package import Base

/// A value that can be read from what PostgreSQL sends. NULL is `Row.decodeIfPresent`'s matter.
package protocol PostgresDecodable {
    /// From the text format. Nil when the bytes, which live for the call only, are no value of the type.
    init?(postgresText: UnsafeRawBufferPointer)
    /// From the binary format (`Query.inBinary`), as the type's send function in the server's source has it.
    init?(postgresBinary: UnsafeRawBufferPointer)
}

extension PostgresDecodable {
    /// Types that no binary result has.
    package init?(postgresBinary: UnsafeRawBufferPointer) { nil }
}

extension String: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decoding: postgresText, as: UTF8.self) }
    package init?(postgresBinary: UnsafeRawBufferPointer) { self.init(postgresText: postgresBinary) }
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

    package init?(postgresBinary: UnsafeRawBufferPointer) {
        guard postgresBinary.count == 1 else { return nil }
        self = postgresBinary[0] != 0
    }
}

extension Int: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
    package init?(postgresBinary: UnsafeRawBufferPointer) { self.init(networkOrder: postgresBinary) }
}

extension Int32: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
    package init?(postgresBinary: UnsafeRawBufferPointer) { self.init(networkOrder: postgresBinary) }
}

extension Int64: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(decimal: postgresText) }
    package init?(postgresBinary: UnsafeRawBufferPointer) { self.init(networkOrder: postgresBinary) }
}

extension Double: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(String(decoding: postgresText, as: UTF8.self)) }
}

extension Timestamp: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(utf8: postgresText) }

    /// Microseconds since 2000; `infinity` and years that text could not say are no time.
    package init?(postgresBinary: UnsafeRawBufferPointer) {
        let year2000: Int64 = 946_684_800_000_000
        guard postgresBinary.count == 8, let since2000 = Int64(networkOrder: postgresBinary),
            case let (microseconds, overflow) = since2000.addingReportingOverflow(year2000), !overflow
        else { return nil }
        self.init(microseconds: microseconds)
        guard isInFourDigitYears else { return nil }
    }
}

extension Identifier: PostgresDecodable {
    package init?(postgresText: UnsafeRawBufferPointer) { self.init(utf8: postgresText) }

    package init?(postgresBinary: UnsafeRawBufferPointer) {
        guard postgresBinary.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: postgresBinary.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: postgresBinary.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init?(postgresText: UnsafeRawBufferPointer) {
        guard let elements = Element.elements(postgresText: postgresText) else { return nil }
        self = elements
    }
}

extension FixedWidthInteger {
    /// Reads a smallint, integer or bigint; nil for other widths and for a number out of range.
    fileprivate init?(networkOrder bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 2: self.init(exactly: Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        case 4: self.init(exactly: Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 8: self.init(exactly: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        default: return nil
        }
    }

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
