package import Base

/// One entry of a store's listing.
package struct StoredObject: Equatable, Sendable {
    package let key: String
    package let size: Int64
    package let modified: Timestamp

    package init(key: String, size: Int64, modified: Timestamp) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}
