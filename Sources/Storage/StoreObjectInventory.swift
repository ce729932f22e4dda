package import Base
package import Contract
package import Domain
package import ObjectStore

/// The domain's inventory of the object store.
package struct StoreObjectInventory: ObjectInventory {
    private let store: any ObjectStore

    package init(store: any ObjectStore) { self.store = store }

    package func objects(of tenant: TenantID, after: String?, limit: Int) throws(ErrorAnswer) -> [ObjectEntry] {
        try answering { () throws(ObjectStoreError) in
            try store.list(prefix: "tenants/\(tenant)/", after: after, limit: limit)
        }.map { ObjectEntry(key: $0.key, size: $0.size, modified: $0.modified) }
    }

    package func holds(key: String) throws(ErrorAnswer) -> Bool {
        try answering { () throws(ObjectStoreError) in try store.size(of: key) } != nil
    }

    package func remove(key: String) throws(ErrorAnswer) {
        try answering { () throws(ObjectStoreError) in try store.remove(key) }
    }

    package func removeTemporaries(of tenant: TenantID) throws(ErrorAnswer) {
        guard let store = store as? S3Store else { return }
        try answering { () throws(ObjectStoreError) in try store.abortUploads(prefix: "tenants/\(tenant)/") }
    }

    package func removeStaleTemporaries(olderThan age: Duration, at now: Timestamp) throws(ErrorAnswer) -> Int {
        try answering { () throws(ObjectStoreError) in
            switch store {
            case let store as S3Store:
                try store.removeStaleTemporaries(prefix: "tenants/", olderThan: age, now: now)
            case let store as DirectoryStore: try store.removeStaleTemporaries(olderThan: age, now: now)
            default: 0
            }
        }
    }

    private func answering<R>(_ body: () throws(ObjectStoreError) -> R) throws(ErrorAnswer) -> R {
        do {
            return try body()
        } catch {
            throw ErrorAnswer(.storageUnavailable, cause: String(reflecting: error))
        }
    }
}
