import Base
package import Contract
import Crypto
import Domain
package import ObjectStore

/// The domain's view of the object store.
package struct StoreObjectLocator: ObjectLocator {
    private let store: any ObjectStore

    package init(store: any ObjectStore) { self.store = store }

    package func remove(key: String) throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.remove(key) }
    }

    package func size(key: String) throws(ErrorAnswer) -> Int64? {
        try answering { () throws(ObjectStoreError) in try store.size(of: key) }
    }

    package func fingerprint(key: String) throws(ErrorAnswer) -> (size: Int64, sha256: String)? {
        let digest = IncrementalDigest(.sha256)
        var size: Int64 = 0
        let isThere = try read(key: key) { bytes in
            digest.update(bytes)
            size += Int64(bytes.count)
            return true
        }
        return isThere ? (size, Hex.encode(digest.finish())) : nil
    }

    package func read(key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ErrorAnswer) -> Bool {
        do throws(ObjectStoreError) {
            try store.read(key, sink)
            return true
        } catch .notFound {
            return false
        } catch {
            throw unavailable(error)
        }
    }

    package func check() throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.check() }
    }

    private func answering<R>(_ body: () throws(ObjectStoreError) -> R) throws(ErrorAnswer) -> R {
        do { return try body() } catch { throw unavailable(error) }
    }

    private func unavailable(_ error: ObjectStoreError) -> ErrorAnswer {
        ErrorAnswer(.storageUnavailable, cause: String(reflecting: error))
    }
}
