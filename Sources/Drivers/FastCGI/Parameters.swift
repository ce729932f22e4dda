import Glibc

/// The parameters of one FastCGI request: names to values, as the web server sent them.
///
/// A copy: it outlives the request.
package struct Parameters: Sendable {
    private struct Entry {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// All names and values, one after the other; the entries are ranges of it.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Open addressing by the name's hash: a position in `entries` plus one, or zero.
    private var slots: [Int32] = []
    /// Names that came more than once; the first value was kept.
    package private(set) var duplicated: Set<String> = []

    /// Parameters of these pairs, the first of a name kept.
    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs {
            add(Array(name.utf8), Array(value.utf8))
        }
        index()
    }

    /// Reads a null-ended array of `NAME=value` strings.
    init(environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        bytes.reserveCapacity(2048)
        entries.reserveCapacity(48)
        // The first string is libfcgi's own FCGI_ROLE, which no peer sent.
        var position = environment.pointee == nil ? environment : environment + 1
        while let text = position.pointee {
            let length = strlen(text)
            if let equals = memchr(text, Int32(UInt8(ascii: "=")), length) {
                let start = bytes.count
                let separator = start + (UnsafeRawPointer(equals) - UnsafeRawPointer(text))
                bytes += UnsafeRawBufferPointer(start: text, count: length)
                entries.append(Entry(name: start..<separator, value: separator + 1..<bytes.count))
            }
            position += 1
        }
        index()
    }

    /// The value of this name, nil when it was not sent. Bytes that are not UTF-8 read as U+FFFD.
    package subscript(name: String) -> String? {
        find(name).map { String(decoding: bytes[entries[$0].value], as: UTF8.self) }
    }

    /// The value's bytes as they came, nil when the name was not sent.
    package func rawValue(of name: String) -> [UInt8]? { find(name).map { Array(bytes[entries[$0].value]) } }

    /// How many distinct names there are.
    package var count: Int { entries.count }

    /// The distinct names in the order they came.
    package var names: [String] { entries.map { String(decoding: bytes[$0.name], as: UTF8.self) } }

    private mutating func add(_ name: [UInt8], _ value: [UInt8]) {
        let start = bytes.count
        bytes += name
        bytes += value
        entries.append(Entry(name: start..<start + name.count, value: start + name.count..<bytes.count))
    }

    /// Fills `slots`, dropping later entries of a name.
    private mutating func index() {
        var size = 16
        while size < entries.count * 2 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        var kept: [Entry] = []
        kept.reserveCapacity(entries.count)
        for entry in entries {
            let slot = bytes.withUnsafeBytes { all in
                self.slot(of: UnsafeRawBufferPointer(rebasing: all[entry.name]), in: all, entries: kept)
            }
            if slots[slot] == 0 {
                kept.append(entry)
                slots[slot] = Int32(kept.count)
            } else {
                duplicated.insert(String(decoding: bytes[entry.name], as: UTF8.self))
            }
        }
        entries = kept
    }

    private func find(_ name: String) -> Int? {
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBytes { all in
                let slot = slots[slot(of: UnsafeRawBufferPointer(name), in: all, entries: entries)]
                return slot == 0 ? nil : Int(slot) - 1
            }
        }
    }

    /// The slot that holds the name, or the free one where it belongs.
    private func slot(of name: UnsafeRawBufferPointer, in all: UnsafeRawBufferPointer, entries: [Entry]) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
        while slots[slot] != 0 {
            let candidate = UnsafeRawBufferPointer(rebasing: all[entries[Int(slots[slot]) - 1].name])
            if candidate.count == name.count, memcmp(candidate, name) == 0 { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    /// memcmp(3) of two ranges of one length.
    private func memcmp(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int32 {
        guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
        return Glibc.memcmp(first, second, a.count)
    }
}
