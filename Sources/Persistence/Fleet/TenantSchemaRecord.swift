package import Base
package import Contract

/// What is written down about a tenant's schema.
package struct TenantSchemaRecord: Sendable {
    package enum Status: String, Sendable {
        /// A run began with it and has not told how it ended.
        case migrating
        case migrated
        case failed
    }

    package let tenant: TenantID
    /// The highest migration applied; nil when nobody could look.
    package let version: Int?
    package let status: Status
    /// Why it failed.
    package let error: String?
    package let changedAt: Timestamp
}
