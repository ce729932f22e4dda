import Contract

/// The names of an archive's entries.
enum ArchiveLayout {
    static let manifest = "manifest.json"
    static let dump = "database.dump"
    static let objects = "objects/"

    /// The entry of an object: its key without the tenant.
    static func path(of key: String, _ tenant: TenantID) -> String {
        let prefix = "tenants/\(tenant)/"
        return objects + (key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key)
    }

    /// The object's key in the tenant that it goes to.
    static func key(of path: String, _ tenant: TenantID) -> String {
        "tenants/\(tenant)/" + path.dropFirst(objects.count)
    }
}
