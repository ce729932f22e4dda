package import Contract
import Domain
import Synchronization

/// An object store that holds keys only.
package final class InMemoryObjects: ObjectLocator {
    private struct State {
        var keys: Set<String> = []
        var removed: [String] = []
        var isAway = false
        var contents: [String: (size: Int64, sha256: String)] = [:]
        var bytes: [String: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var keys: Set<String> { state.withLock { $0.keys } }
    /// Every key that was removed, in order.
    package var removed: [String] { state.withLock { $0.removed } }

    package func put(_ key: String) { state.withLock { _ = $0.keys.insert(key) } }

    /// Puts an object whose size and digest are looked at.
    package func put(_ key: String, size: Int64, sha256: String) {
        state.withLock { state in
            state.keys.insert(key)
            state.contents[key] = (size, sha256)
        }
    }

    /// Puts an object that is read.
    package func put(_ key: String, bytes: [UInt8]) {
        state.withLock { state in
            state.keys.insert(key)
            state.bytes[key] = bytes
        }
    }

    /// Makes the store fail, or work again.
    package func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    package func remove(key: String) throws(ErrorAnswer) {
        try check()
        state.withLock { state in
            state.keys.remove(key)
            state.removed.append(key)
        }
    }

    package func size(key: String) throws(ErrorAnswer) -> Int64? {
        try check()
        return try fingerprint(key: key)?.size
    }

    package func fingerprint(key: String) throws(ErrorAnswer) -> (size: Int64, sha256: String)? {
        try check()
        return state.withLock { state in
            state.keys.contains(key) ? state.contents[key] ?? (Int64(key.utf8.count), key) : nil
        }
    }

    package func read(key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ErrorAnswer) -> Bool {
        try check()
        let bytes = state.withLock { $0.keys.contains(key) ? $0.bytes[key] ?? [] : nil }
        guard let bytes else { return false }
        // In pieces, as stores give them.
        for start in stride(from: 0, to: bytes.count, by: 1000) {
            guard bytes[start..<min(start + 1000, bytes.count)].withUnsafeBytes(sink) else { break }
        }
        return true
    }

    package func check() throws(ErrorAnswer) {
        guard !state.withLock({ $0.isAway }) else { throw ErrorAnswer(.storageUnavailable) }
    }
}
