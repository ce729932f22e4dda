package import Base
package import Contract

/// A deleted tenant on its way out of the product.
package struct TenantPurge: Equatable, Sendable {
    package let database: TenantDatabase
    package let requestedAt: Timestamp
    /// The member who deleted the tenant; nil for the operator.
    package let requestedBy: UserID?
    /// Whose suspension it is to have again when the deletion is taken back.
    package let suspendedBy: Suspender?
    /// An operator does not want to wait for the grace time.
    package var isHastened: Bool
    package var step: PurgeStep

    package init(
        database: TenantDatabase, requestedAt: Timestamp, requestedBy: UserID?, suspendedBy: Suspender?,
        isHastened: Bool = false, step: PurgeStep = .waiting
    ) {
        self.database = database
        self.requestedAt = requestedAt
        self.requestedBy = requestedBy
        self.suspendedBy = suspendedBy
        self.isHastened = isHastened
        self.step = step
    }

    package var tenantID: TenantID { database.tenantID }
}

/// What a purge has to do next. Every step may be done again after a crash.
package enum PurgeStep: String, CaseIterable, Sendable {
    /// The grace time runs; the deletion can be taken back. After this there is no way back.
    case waiting
    /// Count the rows of the tenant's database.
    case census
    /// Drop the database: from then on nobody can write a key of the tenant.
    case database
    /// List the objects: how many, how large, and the digest of the list.
    case manifest
    /// Remove the objects.
    case objects
    /// Erase what the main database has, and finish the record.
    case rows
    /// An upload that was under way may still push its object: look once more when none can be left.
    case settling
}
