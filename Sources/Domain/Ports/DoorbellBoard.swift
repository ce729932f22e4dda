package import Base
package import Contract

/// The event worker's side of the doorbell.
package protocol DoorbellBoard: Sendable {
    /// Blocks until somebody rings or the timeout passes; a lost connection counts as a ring.
    func waitForRing(timeout: Duration)

    /// Which tenants were rung for, and when last.
    func rings() throws(ErrorAnswer) -> [Ring]

    /// Forgets a ring, unless the tenant was rung for again since.
    func silence(_ ring: Ring) throws(ErrorAnswer)
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
