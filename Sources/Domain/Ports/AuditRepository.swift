package import Contract

/// The audit trail of one database: entries are appended and read, never changed.
package protocol AuditRepository {
    /// Appends in the transaction of the change that the entry tells of; an entry that is there already stays as it is.
    func append(_ entry: AuditEntry) throws(ErrorAnswer)

    /// Newest first. Totals are counted up to 10,000.
    func list(_ query: AuditQuery) throws(ErrorAnswer) -> Page<AuditEntry>

    /// Prepares room for the months to come and forgets the months that ended before `retention` days ago.
    ///
    /// - Returns: how many months were forgotten.
    func keep(retentionDays: Int) throws(ErrorAnswer) -> Int
}

/// Takes entries that stand alone, with no change to share a transaction with: refusals and failures.
package protocol AuditSink: Sendable {
    /// Returns at once; the entry is written soon after, or dropped and counted when too many wait.
    ///
    /// - Parameter tenant: whose trail it goes to; nil is the trail of the main database.
    func record(_ entry: AuditEntry, in tenant: TenantDatabase?)
}
