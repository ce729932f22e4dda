package import Base
package import Contract

/// A company with its own database.
package struct Tenant: Equatable, Sendable {
    package let id: TenantID
    package let name: TenantName
    package let database: TenantDatabase
    package let state: TenantState
    /// Who suspended it, while it is suspended.
    package let suspendedBy: Suspender?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let createdBy: UserID

    package init(
        id: TenantID, name: TenantName, database: TenantDatabase, state: TenantState, suspendedBy: Suspender?,
        createdAt: Timestamp, updatedAt: Timestamp, createdBy: UserID
    ) {
        self.id = id
        self.name = name
        self.database = database
        self.state = state
        self.suspendedBy = suspendedBy
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
    }
}

/// Where a tenant stands between sign-up and purge.
package enum TenantState: String, Sendable {
    case ready
    /// Members get 403.
    case suspended
    /// Deleted for its members; the purge is to come.
    case deleting
    /// Nothing is left but this row.
    case purged
}

/// Who suspended a tenant: its own admin can undo only an own suspension.
package enum Suspender: String, Sendable {
    case admin
    case `operator`
}

/// The name of a tenant's database, bound to the tenant it belongs to: the key to all tenant data.
package struct TenantDatabase: Hashable, Sendable {
    package let tenantID: TenantID
    package let name: String

    /// A name that was stored.
    package init(tenantID: TenantID, name: String) {
        self.tenantID = tenantID
        self.name = name
    }

    /// The name for a new tenant: `tenant_<slug>_<8 hex>`, at most 63 bytes, unique by the id's random end.
    package init(tenantID: TenantID, named name: TenantName) {
        var slug = ""
        for scalar in name.text.lowercased().unicodeScalars {
            if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) {
                slug.unicodeScalars.append(scalar)
            } else if !slug.isEmpty, !slug.hasSuffix("_") {
                slug += "_"
            }
            if slug.utf8.count == 40 { break }
        }
        while slug.hasSuffix("_") { slug.removeLast() }
        let unique = tenantID.description.suffix(8)
        self.init(tenantID: tenantID, name: "tenant_\(slug.isEmpty ? "x" : slug)_\(unique)")
    }
}
