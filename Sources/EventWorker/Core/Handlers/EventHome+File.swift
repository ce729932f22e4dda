import Contract
import Domain

extension EventHome {
    /// A tenant's file as it is now, read over the connection at hand where the event lives in the tenant's database:
    /// with many tenants a second connection is what costs most.
    func file(_ id: FileID, of tenant: Tenant, _ data: any UnitOfWork) throws(ErrorAnswer) -> StoredFile? {
        if case .tenant(let tenant) = self { return try tenant.files.find(id)?.file }
        return try data.inTenant(tenant.database, .read) { tenant throws(ErrorAnswer) in
            try tenant.files.find(id)?.file
        }
    }
}
