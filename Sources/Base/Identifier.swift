/// A 128-bit UUID that carries the kind of thing it names, so that a tenant's id cannot stand where a user's is wanted.
///
/// Text form: 36 lower-case characters (RFC 9562 section 4). Parsing accepts upper case, refuses anything else.
package struct Identifier<Tag>: Hashable, Sendable, Comparable {
    package let high: UInt64
    package let low: UInt64

    /// The identifier with these 128 bits, most significant half first.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses the 8-4-4-4-12 form; nil for anything else, braces and missing dashes included.
    package init?(_ text: some StringProtocol) {
        guard let halves = IdentifierText.halves(of: String(text)) else { return nil }
        self.init(high: halves.high, low: halves.low)
    }

    /// The same from the text's bytes.
    package init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard let halves = IdentifierText.halves(of: bytes) else { return nil }
        self.init(high: halves.high, low: halves.low)
    }

    /// A new time-ordered identifier (UUID version 7, RFC 9562 section 5.7): 48 bits of milliseconds, then random.
    package static func ordered(at time: Timestamp) -> Identifier {
        var random = SystemRandomNumberGenerator()
        let milliseconds = UInt64(max(0, time.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | (random.next() & 0x0FFF)
        let low = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return Identifier(high: high, low: low)
    }

    /// A new random identifier (UUID version 4).
    package static func random() -> Identifier {
        var random = SystemRandomNumberGenerator()
        let high = (random.next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return Identifier(high: high, low: low)
    }

    package static func < (a: Identifier, b: Identifier) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension Identifier: CustomStringConvertible {
    /// The 36-character lower-case text.
    package var description: String { IdentifierText.text(high, low) }
}

/// The text form of every identifier. It knows no tag, so that one code serves all of them.
enum IdentifierText {
    static let length = 36

    static func halves(of text: String) -> (high: UInt64, low: UInt64)? {
        var text = text
        return text.withUTF8 { halves(of: UnsafeRawBufferPointer($0)) }
    }

    static func halves(of bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
        guard bytes.count == length else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for (offset, byte) in bytes.enumerated() {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hex.value(of: byte) else { return nil }
            if digits < 16 {
                halves.high = halves.high << 4 | UInt64(digit)
            } else {
                halves.low = halves.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        return halves
    }

    static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { buffer in
            write(high, low, into: buffer)
            return length
        }
    }

    /// Writes the text into the first `length` bytes.
    static func write(_ high: UInt64, _ low: UInt64, into buffer: UnsafeMutableBufferPointer<UInt8>) {
        var position = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                buffer[position] = UInt8(ascii: "-")
                position += 1
            }
            let half = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: half >> UInt64((7 - index % 8) * 8))
            buffer[position] = Hex.digit(byte >> 4)
            buffer[position + 1] = Hex.digit(byte & 15)
            position += 2
        }
    }
}
