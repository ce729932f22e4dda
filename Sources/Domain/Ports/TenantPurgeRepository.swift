package import Base
package import Contract

/// Deleted tenants on their way out, and the records of those that are gone, in the main database.
package protocol TenantPurgeRepository {
    /// Notes that a deleted tenant is to be purged; what is noted already stays.
    func schedule(_ purge: TenantPurge) throws(ErrorAnswer)

    /// The note of one tenant, its row locked until the transaction ends.
    func lock(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge?

    func find(_ tenant: TenantID) throws(ErrorAnswer) -> TenantPurge?

    /// Forgets the note: the deletion is taken back, or the purge has settled.
    func remove(_ tenant: TenantID) throws(ErrorAnswer)

    /// Takes purges whose time has come and that nobody is at, with a new lease: those requested before
    /// `requestedBefore` or hastened, those begun, those whose last look is due.
    func takeDue(
        requestedBefore: Timestamp, at now: Timestamp, leaseExpires: Timestamp, limit: Int
    ) throws(ErrorAnswer) -> [TenantPurge]

    /// Takes the purge of one tenant, whatever its time; nil when somebody else is at it, or there is none.
    func take(_ tenant: TenantID, at now: Timestamp, leaseExpires: Timestamp) throws(ErrorAnswer) -> TenantPurge?

    /// Goes from one step to the next, with a new lease; false when somebody else has done so.
    func advance(
        _ tenant: TenantID, from: PurgeStep, to: PurgeStep, leaseExpires: Timestamp
    ) throws(ErrorAnswer) -> Bool

    /// Erases what the main database has of the tenant except its tombstone: the rows of each table.
    func eraseRows(of tenant: TenantID) throws(ErrorAnswer) -> [String: Int64]

    /// Makes the tenant's row a tombstone: id, state `purged` and times; no name.
    func bury(_ tenant: TenantID, at now: Timestamp) throws(ErrorAnswer)

    /// Stores the record of a purge that has begun; what is stored already stays.
    func insert(_ deletion: TenantDeletion, of database: TenantDatabase) throws(ErrorAnswer)

    /// Stores all that changes in a record while the purge goes on.
    func update(_ deletion: TenantDeletion) throws(ErrorAnswer)

    func findDeletion(_ tenant: TenantID) throws(ErrorAnswer) -> TenantDeletion?
}
