import Glibc

/// The byte string CRLF `--` boundary and a fast search for it.
///
/// A boundary holds no CR, so the only CR of the delimiter is its first byte. Two things follow: a partial match that
/// fails can hide no later start of a match, and at most one suffix of any text is a proper prefix of the delimiter.
struct Delimiter: ~Copyable {
    /// The delimiter's own bytes; valid as long as this value.
    let bytes: UnsafeRawBufferPointer
    /// How far the window may move when its last byte is this one (Horspool's table); at most 74.
    private let shifts: UnsafeMutablePointer<UInt8>

    init(_ boundary: MultipartBoundary) {
        let text = Array("\r\n--\(boundary.text)".utf8)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        copy.copyBytes(from: text)
        bytes = UnsafeRawBufferPointer(copy)
        shifts = .allocate(capacity: 256)
        shifts.initialize(repeating: UInt8(text.count), count: 256)
        for (index, byte) in text.dropLast().enumerated() { shifts[Int(byte)] = UInt8(text.count - 1 - index) }
    }

    deinit {
        bytes.deallocate()
        shifts.deallocate()
    }

    /// Offset of the first whole delimiter in the text.
    ///
    /// Looks at one byte in every `bytes.count` of ordinary data. The comparison behind it needs CR at the window's
    /// start first, so that a boundary chosen to match its own data costs one step a byte, not one a byte squared.
    func firstMatch(in text: UnsafeRawBufferPointer) -> Int? {
        let length = bytes.count
        guard let base = text.baseAddress, let own = bytes.baseAddress, text.count >= length else { return nil }
        let start = base.assumingMemoryBound(to: UInt8.self)
        let last = bytes[length - 1]
        var end = length - 1
        while end < text.count {
            let byte = start[end]
            if byte == last, start[end - length + 1] == UInt8(ascii: "\r"),
                memcmp(start + (end - length + 1), own, length) == 0
            {
                return end - length + 1
            }
            end += Int(shifts[Int(byte)])
        }
        return nil
    }

    /// Length of the text's suffix that may be the start of a delimiter; 0 when there is none.
    func partialMatch(atEndOf text: UnsafeRawBufferPointer) -> Int {
        let window = text.suffix(bytes.count - 1)
        guard let cr = window.lastIndex(of: UInt8(ascii: "\r")) else { return 0 }
        return matches(UnsafeRawBufferPointer(rebasing: text[cr...]), from: 0) ? text.count - cr : 0
    }

    /// Whether the text continues the delimiter from this offset on, as far as both go.
    func matches(_ text: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        guard let base = text.baseAddress, let own = bytes.baseAddress else { return true }
        return memcmp(base, own + offset, min(text.count, bytes.count - offset)) == 0
    }
}
