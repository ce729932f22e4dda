package import Base
package import Contract

/// The event worker's side of the doorbell.
package protocol DoorbellBoard: Sendable {
    /// Blocks until somebody rings or the timeout passes; the tenants that were rung for. Rings during a lost
    /// connection are told by `rings` alone.
    func waitForRings(timeout: Duration) -> Set<TenantID>

    /// Which tenants were rung for, and when last.
    func rings() throws(ErrorAnswer) -> [Ring]

    /// Forgets a tenant's ring, unless it was rung for again since `time`.
    func silence(_ tenant: TenantID, before time: Timestamp) throws(ErrorAnswer)
}

/// A tenant was rung for.
package struct Ring: Hashable, Sendable {
    package let tenant: TenantID
    package let time: Timestamp

    package init(tenant: TenantID, time: Timestamp) {
        self.tenant = tenant
        self.time = time
    }
}
