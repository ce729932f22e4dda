/// How many uploads may run at once in this process.
package struct UploadCaps: Sendable {
    /// Of everyone together.
    package var total = 256
    /// Of one tenant.
    package var perTenant = 128
    /// Of one user, in all tenants together.
    package var perUser = 64

    package init() {}
}
