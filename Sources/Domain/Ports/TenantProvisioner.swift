package import Contract

/// Makes, migrates and removes tenant databases. Every call is idempotent and may be repeated after a crash at any point.
package protocol TenantProvisioner: Sendable {
    /// Makes sure that the database has the present schema: one look in the main database when it is known to.
    ///
    /// - Throws: when the database is not there: an empty one in its place would hide the loss.
    func migrate(_ database: TenantDatabase) throws(ErrorAnswer)

    /// Makes one more database ready to become a tenant's, or waits until the deadline for the process that may; another
    /// tenant may take it.
    func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer)

    /// Makes sure that the database is gone, half-dropped ones included.
    func remove(_ database: TenantDatabase) throws(ErrorAnswer)
}
