package import Contract
package import Domain

/// A tenant is ready: makes sure that its database has the present schema. A process of the release before may have made
/// it while a run over the tenants had passed by.
package struct TenantCreatedHandler: EventHandler {
    private let tenants: LivingTenants
    private let provisioner: any TenantProvisioner

    package init(tenants: LivingTenants, provisioner: any TenantProvisioner) {
        self.tenants = tenants
        self.provisioner = provisioner
    }

    package var type: EventType { .tenantCreated }

    package func act(on event: Event) throws(ErrorAnswer) {
        guard let tenant = try tenants.find(event.tenantID) else { return }
        try provisioner.migrate(tenant.database)
    }
}
