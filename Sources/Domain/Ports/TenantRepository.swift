package import Base
package import Contract

/// The tenants of the main database.
package protocol TenantRepository {
    /// Stores a tenant in state `ready` and gives it a database that waits for one, under the tenant's own name; false,
    /// and nothing stored, when none waits.
    func insertReady(_ tenant: Tenant) throws(ErrorAnswer) -> Bool

    /// The tenant in any state, its row locked until the transaction ends.
    func lock(_ id: TenantID) throws(ErrorAnswer) -> Tenant?
    func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant?

    /// Stores name, state and suspension of a tenant.
    func update(
        _ id: TenantID, name: TenantName, state: TenantState, suspendedBy: Suspender?, at now: Timestamp
    ) throws(ErrorAnswer) -> Tenant

    /// Tenants in these states, oldest first, ids above `after`.
    func list(states: [TenantState], after: TenantID?, limit: Int) throws(ErrorAnswer) -> [Tenant]
}
