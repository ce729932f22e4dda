package import Base
package import Contract

/// The tenants of the main database.
package protocol TenantRepository {
    /// Stores a tenant in state `ready` and gives it a database that waits for one, under the tenant's own name; false,
    /// and nothing stored, when none waits.
    func insertReady(_ tenant: Tenant) throws(ErrorAnswer) -> Bool

    /// Stores a tenant in state `creating`, whose maker must finish before `leaseExpires`.
    func insertCreating(_ tenant: Tenant, leaseExpires: Timestamp) throws(ErrorAnswer)

    /// `creating` → `ready`; nil when it is not creating any more.
    func markReady(_ id: TenantID, at now: Timestamp) throws(ErrorAnswer) -> Tenant?

    /// Takes tenants whose creation was given up (lease over) for their removal, with a new lease.
    func takeUnfinished(at now: Timestamp, leaseExpires: Timestamp, limit: Int) throws(ErrorAnswer) -> [Tenant]

    /// Removes a tenant that is still `creating`, memberships included; its database must be gone.
    func removeUnfinished(_ id: TenantID) throws(ErrorAnswer)

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
