package import Contract

/// Makes and removes tenant databases. Every call is idempotent and may be repeated after a crash at any point.
package protocol TenantProvisioner: Sendable {
    /// Makes sure that the database exists and has the present schema. Blocks for 50 to 200 ms when it does not.
    func prepare(_ database: TenantDatabase) throws(ErrorAnswer)

    /// Makes one more database ready to become a tenant's, or waits for the process that may.
    func makeSpare() throws(ErrorAnswer)

    /// Makes sure that the database is gone, half-dropped ones included.
    func remove(_ database: TenantDatabase) throws(ErrorAnswer)
}
