package import Contract
import Domain
package import ObjectStore

/// The domain's view of the object store.
package struct StoreObjectLocator: ObjectLocator {
    private let store: any ObjectStore

    package init(store: any ObjectStore) { self.store = store }

    package func remove(key: String) throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.remove(key) }
    }

    package func check() throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.check() }
    }

    private func answering(_ body: () throws(ObjectStoreError) -> Void) throws(ErrorAnswer) {
        do {
            try body()
        } catch {
            throw ErrorAnswer(.storageUnavailable, cause: String(reflecting: error))
        }
    }
}
