/// Writes JSON text straight into a byte buffer, keys in the order they are written.
///
/// Only well-formed nesting is produced when each `object`/`array` closure writes keys/elements with the given calls.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// `{…}`; the closure writes members with `member(_:_:)`.
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// `[…]`; the closure writes the elements in order.
    package mutating func array<S: Sequence>(_ elements: S, _ body: (inout JSONWriter, S.Element) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements { body(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A member's key; its value must be written next.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's key that is only known at run time; its value must be written next.
    package mutating func dynamicKey(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
    }

    /// A member that is written as null when absent.
    package mutating func member(_ name: StaticString, _ value: (some JSONWritable)?) {
        key(name)
        if let value { value.write(to: &self) } else { null() }
    }

    package mutating func null() { raw("null") }
    package mutating func value(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func value(_ value: Int64) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// A number; null when it is not finite, which JSON cannot say.
    package mutating func value(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// A string, escaped by RFC 8259 section 7 (quote, backslash and control characters only).
    package mutating func value(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: utf8[start..<index])
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    fileprivate mutating func identifier(_ high: UInt64, _ low: UInt64) {
        plain(IdentifierText.length) { IdentifierText.write(high, low, into: $0) }
    }

    /// A string of this many bytes, none of which needs an escape, filled in by the closure.
    mutating func plain(_ count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { buffer in
            buffer.initialize(repeating: 0)
            fill(buffer)
            bytes.append(contentsOf: buffer)
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Text that is JSON already, such as a value stored in a database.
    package mutating func json(_ text: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Hex.digit(byte >> 4))
            bytes.append(Hex.digit(byte & 15))
        }
    }

    private mutating func raw(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}

/// A value that can write itself as JSON.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

extension JSONWritable {
    /// The value's JSON text.
    package var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension String: JSONWritable {
    package func write(to json: inout JSONWriter) { json.value(self) }
}
extension Bool: JSONWritable {
    package func write(to json: inout JSONWriter) { json.value(self) }
}
extension Int: JSONWritable {
    package func write(to json: inout JSONWriter) { json.value(Int64(self)) }
}
extension Int64: JSONWritable {
    package func write(to json: inout JSONWriter) { json.value(self) }
}
extension Double: JSONWritable {
    package func write(to json: inout JSONWriter) { json.value(self) }
}

/// Members of the common types, each by code of its own: for a value of any type the caller has to bring the type's
/// description along, at a multiple of the cost.
extension JSONWriter {
    package mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        value(text)
    }

    package mutating func member(_ name: StaticString, _ number: Int64) {
        key(name)
        value(number)
    }

    package mutating func member(_ name: StaticString, _ truth: Bool) {
        key(name)
        value(truth)
    }

    package mutating func member(_ name: StaticString, _ time: Timestamp) {
        key(name)
        time.write(to: &self)
    }

    package mutating func member<Tag>(_ name: StaticString, _ id: Identifier<Tag>) {
        key(name)
        id.write(to: &self)
    }
}

extension Timestamp: JSONWritable {
    package func write(to json: inout JSONWriter) { json.plain(Self.textLength, write(into:)) }
}
extension Identifier: JSONWritable {
    package func write(to json: inout JSONWriter) { json.identifier(high, low) }
}
extension Array: JSONWritable where Element: JSONWritable {
    package func write(to json: inout JSONWriter) { json.array(self) { $1.write(to: &$0) } }
}
