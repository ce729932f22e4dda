package import Contract

/// Counts what is in a tenant's database.
package protocol TenantCensusTaker: Sendable {
    /// Rows of every table; nil when there is no such database. Blocks for as long as the counting takes.
    func census(of database: TenantDatabase) throws(ErrorAnswer) -> TenantCensus?
}
