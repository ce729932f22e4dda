package import Base
package import Contract
package import Domain

extension InMemoryObjects: ObjectInventory {
    package func objects(of tenant: TenantID, after: String?, limit: Int) throws(ErrorAnswer) -> [ObjectEntry] {
        try check()
        let wanted = keys.filter { $0.hasPrefix("tenants/\(tenant)/") && $0 > after ?? "" }.sorted()
        return wanted.prefix(limit).map {
            ObjectEntry(key: $0, size: Int64($0.utf8.count), modified: Timestamp(seconds: 0))
        }
    }

    package func holds(key: String) throws(ErrorAnswer) -> Bool { try size(key: key) != nil }
    package func removeTemporaries(of tenant: TenantID) throws(ErrorAnswer) { try check() }
    package func removeStaleTemporaries(olderThan age: Duration, at now: Timestamp) throws(ErrorAnswer) -> Int { 0 }
}
