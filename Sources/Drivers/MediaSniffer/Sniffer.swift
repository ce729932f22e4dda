import Base
import Glibc

/// Tells a file's media type from its first bytes, by libmagic.
///
/// Thread-safe: each call borrows one of a few handles, one for each processor but at most four, and waits for it while
/// all are in use. A call takes 10 µs to 2 ms of the processor.
package final class Sniffer: Sendable {
    /// Only this many of the first bytes are looked at.
    package static let prefixBytes = 65_536
    /// The answer when nothing can be told.
    package static let unknown = "application/octet-stream"

    private struct Pool {
        var idle: [MagicCookie]
        var made = 1
    }

    private let pool: Condition<Pool>
    private let maxHandles: Int

    /// Loads the database once, so that a machine without it shows at start.
    ///
    /// - Throws: `SnifferUnavailable` when libmagic or its database cannot be loaded.
    package init() throws(SnifferUnavailable) {
        guard let first = MagicCookie(prefixBytes: Self.prefixBytes) else { throw SnifferUnavailable() }
        pool = Condition(Pool(idle: [first]))
        // Each handle maps the whole database, which counts as resident memory every time.
        maxHandles = min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// The media type `type/subtype`, lower-case, without parameters; `unknown` when libmagic fails or its answer is
    /// no media type. No bytes are `application/x-empty`.
    package func mediaType(of bytes: UnsafeRawBufferPointer) -> String {
        guard let cookie = borrow() else { return Self.unknown }
        let found = cookie.mediaType(of: UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.prefixBytes)))
        pool.update { $0.idle.append(cookie) }
        guard let found = found?.lowercased(), Self.isMediaType(found) else { return Self.unknown }
        return found
    }

    /// Waits for a handle or makes one; nil when it cannot be made.
    private func borrow() -> MagicCookie? {
        let borrowed = pool.wait { pool -> MagicCookie?? in
            if let cookie = pool.idle.popLast() { return cookie }
            guard pool.made < maxHandles else { return nil }
            pool.made += 1
            return .some(nil)
        }
        if let cookie = borrowed ?? nil { return cookie }
        if let made = MagicCookie(prefixBytes: Self.prefixBytes) { return made }
        pool.update { $0.made -= 1 }
        return nil
    }

    private static func isMediaType(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= 100 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isToken) }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }
}

/// libmagic or its database cannot be loaded.
package struct SnifferUnavailable: Error {}
