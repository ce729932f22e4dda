import Base
import Glibc
import ObjectStore
import Synchronization

/// An object store in memory that reads its content as a real one does and can be told to fail.
final class MemoryStore: ObjectStore {
    struct State {
        var objects: [String: [UInt8]] = [:]
        var types: [String: String] = [:]
        var puts = 0
        /// Thrown by the next puts.
        var failure: ObjectStoreError?
        /// Whether a failing put stores the object all the same.
        var storesWhenFailing = false
    }

    private let state = Mutex(State())

    /// Reads or changes what is stored and how puts behave.
    func with<R>(_ body: (inout sending State) -> sending R) -> R { state.withLock(body) }

    var objects: [String: [UInt8]] { state.withLock { $0.objects } }

    func put(_ content: ObjectContent, at key: String) throws(ObjectStoreError) {
        let bytes: [UInt8]
        switch content.source {
        case .bytes(let memory): bytes = memory
        case .file(let path): bytes = Self.contents(of: path)
        }
        guard Int64(bytes.count) == content.size else { throw .corrupted("size") }
        let failure = state.withLock { state -> ObjectStoreError? in
            state.puts += 1
            if state.failure == nil || state.storesWhenFailing {
                state.objects[key] = bytes
                state.types[key] = content.contentType
            }
            return state.failure
        }
        if let failure { throw failure }
    }

    func size(of key: String) throws(ObjectStoreError) -> Int64? { objects[key].map { Int64($0.count) } }

    func remove(_ key: String) throws(ObjectStoreError) { state.withLock { _ = $0.objects.removeValue(forKey: key) } }

    func read(_ key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ObjectStoreError) {
        guard let bytes = objects[key] else { throw .notFound }
        bytes.withUnsafeBytes { _ = sink($0) }
    }

    func list(prefix: String, after: String?, limit: Int) throws(ObjectStoreError) -> [StoredObject] {
        let found = objects.filter { $0.key.hasPrefix(prefix) && $0.key > after ?? "" }.sorted { $0.key < $1.key }
        return found.prefix(limit).map {
            StoredObject(key: $0.key, size: Int64($0.value.count), modified: Timestamp(seconds: 0))
        }
    }

    func check() throws(ObjectStoreError) {}

    private static func contents(of path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = Glibc.read(file, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
