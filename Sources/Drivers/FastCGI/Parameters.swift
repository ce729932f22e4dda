import Glibc

/// The parameters of one FastCGI request: names to values, as the web server sent them.
///
/// A copy: it outlives the request.
package struct Parameters: Sendable {
    /// Where in `bytes` a `NAME=value` begins, has its equals sign, and ends. No larger than needed: the list of most
    /// requests then fits what the allocator keeps at hand for a thread (glibc's tcache, 1,032 bytes).
    private struct Entry {
        let start: Int32
        let equals: Int32
        let end: Int32

        init(start: Int, equals: Int, end: Int) {
            self.start = Int32(start)
            self.equals = Int32(equals)
            self.end = Int32(end)
        }

        var name: Range<Int> { Int(start)..<Int(equals) }
        var value: Range<Int> { Int(equals) + 1..<Int(end) }
    }

    /// All `NAME=value`, one after the other.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Open addressing by the name's hash: a position in `entries` plus one, or zero.
    private var slots: [Int32] = []
    /// Names that came more than once; the first value was kept.
    package private(set) var duplicated: Set<String> = []

    /// Parameters of these pairs, the first of a name kept.
    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs {
            let start = bytes.count
            bytes += name.utf8
            let equals = bytes.count
            bytes.append(UInt8(ascii: "="))
            bytes += value.utf8
            entries.append(Entry(start: start, equals: equals, end: bytes.count))
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
                bytes += UnsafeRawBufferPointer(start: text, count: length)
                entries.append(
                    Entry(
                        start: start, equals: start + (UnsafeRawPointer(equals) - UnsafeRawPointer(text)),
                        end: bytes.count))
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

    /// Fills `slots`, dropping later entries of a name.
    private mutating func index() {
        var size = 16
        while size < entries.count * 2 { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        var kept = 0
        for entry in entries {
            let slot = bytes.withUnsafeBytes { all in
                self.slot(of: UnsafeRawBufferPointer(rebasing: all[entry.name]), in: all)
            }
            if slots[slot] == 0 {
                entries[kept] = entry
                kept += 1
                slots[slot] = Int32(kept)
            } else {
                duplicated.insert(String(decoding: bytes[entry.name], as: UTF8.self))
            }
        }
        entries.removeLast(entries.count - kept)
    }

    private func find(_ name: String) -> Int? {
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBytes { all in
                let slot = slots[slot(of: UnsafeRawBufferPointer(name), in: all)]
                return slot == 0 ? nil : Int(slot) - 1
            }
        }
    }

    /// The slot that holds the name, or the free one where it belongs.
    private func slot(of name: UnsafeRawBufferPointer, in all: UnsafeRawBufferPointer) -> Int {
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
