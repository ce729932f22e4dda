/// Base64 by RFC 4648: the standard alphabet with padding, and the URL-safe one without.
package enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Standard alphabet, padded (RFC 4648 section 4).
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        encode(bytes, alphabet: standard, padded: true)
    }

    /// URL-safe alphabet, unpadded (RFC 4648 section 5, RFC 7515 section 2).
    package static func encodeURLSafe(_ bytes: some Collection<UInt8>) -> String {
        encode(bytes, alphabet: urlSafe, padded: false)
    }

    /// Decodes the standard padded form; nil for other characters, wrong padding or non-zero spare bits.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        var padding = 0
        while padding < 2, digits.last == UInt8(ascii: "=") {
            digits.removeLast()
            padding += 1
        }
        guard (4 - digits.count % 4) % 4 == padding else { return nil }
        return decode(digits[...], character62: UInt8(ascii: "+"), character63: UInt8(ascii: "/"))
    }

    /// Decodes the unpadded URL-safe form; nil for padding, other characters or non-zero spare bits, so that every
    /// byte string has exactly one accepted text.
    package static func decodeURLSafe(_ text: some StringProtocol) -> [UInt8]? { decodeURLSafe(Array(text.utf8)[...]) }

    /// The same of the text's bytes.
    package static func decodeURLSafe(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        decode(digits, character62: UInt8(ascii: "-"), character63: UInt8(ascii: "_"))
    }

    private static func encode(_ bytes: some Collection<UInt8>, alphabet: [UInt8], padded: Bool) -> String {
        // Bytes in one place go through a loop that the compiler knows the type of: ten times as fast.
        bytes.withContiguousStorageIfAvailable { encode($0, alphabet: alphabet, padded: padded) }
            ?? Array(bytes).withUnsafeBufferPointer { encode($0, alphabet: alphabet, padded: padded) }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, alphabet: [UInt8], padded: Bool) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var accumulator: UInt32 = 0
        var bits = 0
        for byte in bytes {
            accumulator = accumulator << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(alphabet[Int(accumulator >> UInt32(bits)) & 63])
            }
        }
        if bits > 0 { out.append(alphabet[Int(accumulator << UInt32(6 - bits)) & 63]) }
        while padded, !out.count.isMultiple(of: 4) { out.append(UInt8(ascii: "=")) }
        return String(decoding: out, as: UTF8.self)
    }

    private static func decode(_ digits: ArraySlice<UInt8>, character62: UInt8, character63: UInt8) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(digits.count * 3 / 4)
        var accumulator: UInt32 = 0
        var bits = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case character62: value = 62
            case character63: value = 63
            default: return nil
            }
            accumulator = accumulator << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
            }
        }
        guard accumulator & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return out
    }
}
