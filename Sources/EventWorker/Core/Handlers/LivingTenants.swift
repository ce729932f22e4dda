package import Contract
package import Domain

/// The tenants that events can still concern.
package struct LivingTenants: Sendable {
    private let data: any UnitOfWork

    package init(data: any UnitOfWork) { self.data = data }

    /// The tenant; nil when it has been deleted, so that nothing is left to do.
    ///
    /// - Throws: `.tenantNotFound` when there never was one.
    package func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant? {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
        guard let tenant = found else { throw ErrorAnswer(.tenantNotFound, cause: "there is no tenant \(id)") }
        return tenant.state == .ready || tenant.state == .suspended ? tenant : nil
    }
}
