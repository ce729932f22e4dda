package import Base
package import Contract

/// The object store as one that takes stock of it needs it. All calls block.
package protocol ObjectInventory: Sendable {
    /// Up to `limit` objects of the tenant whose keys are greater than `after`, in byte order of the keys.
    ///
    /// - Throws: `.storageUnavailable`, as do the others.
    func objects(of tenant: TenantID, after: String?, limit: Int) throws(ErrorAnswer) -> [ObjectEntry]

    /// Whether there is an object at the key.
    func holds(key: String) throws(ErrorAnswer) -> Bool

    /// Removes the object; done already when there is none.
    func remove(key: String) throws(ErrorAnswer)

    /// Removes what the tenant's writes that are under way or broken off have stored so far, such as the parts of a
    /// multipart upload, where the store can tell whose they are.
    func removeTemporaries(of tenant: TenantID) throws(ErrorAnswer)

    /// Removes what broken-off writes of all tenants left, such as parts of a multipart upload; how many.
    func removeStaleTemporaries(olderThan age: Duration, at now: Timestamp) throws(ErrorAnswer) -> Int
}

/// One object of a listing.
package struct ObjectEntry: Equatable, Sendable {
    package let key: String
    package let size: Int64
    package let modified: Timestamp

    package init(key: String, size: Int64, modified: Timestamp) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}
