package import Base
package import Contract

/// The record of a purge: what was removed, in numbers and digests alone.
package struct TenantDeletion: Equatable, Sendable {
    package let tenantID: TenantID
    package let requestedAt: Timestamp
    /// The member who deleted the tenant; nil for the operator.
    package let requestedBy: UserID?
    package let begunAt: Timestamp
    /// The process that carried it out.
    package let carriedOutBy: String
    /// Nil where the tenant had no database any more.
    package let census: TenantCensus?
    package var manifest: ObjectManifest?
    /// Rows of each table of the main database that were erased.
    package var mainRows: [String: Int64]?
    /// When neither database nor objects nor rows were there any more; nil while the purge is under way.
    package var finishedAt: Timestamp?
    /// Objects of uploads that were under way at the time, removed later.
    package var stragglers: Int64 = 0
    /// When it was made sure that no more can come.
    package var settledAt: Timestamp?

    package init(
        tenantID: TenantID, requestedAt: Timestamp, requestedBy: UserID?, begunAt: Timestamp, carriedOutBy: String,
        census: TenantCensus?
    ) {
        self.tenantID = tenantID
        self.requestedAt = requestedAt
        self.requestedBy = requestedBy
        self.begunAt = begunAt
        self.carriedOutBy = carriedOutBy
        self.census = census
    }
}

/// How much a tenant's database holds.
package struct TenantCensus: Equatable, Sendable {
    /// Rows of each table.
    package let tableRows: [String: Int64]
    /// The database's size on the disk.
    package let databaseBytes: Int64

    package init(tableRows: [String: Int64], databaseBytes: Int64) {
        self.tableRows = tableRows
        self.databaseBytes = databaseBytes
    }
}

/// What a tenant's objects were.
package struct ObjectManifest: Equatable, Sendable {
    package let objects: Int64
    package let bytes: Int64
    /// SHA-256 in hexadecimal over a line `key size` for each object, in byte order of the keys.
    package let sha256: String

    package init(objects: Int64, bytes: Int64, sha256: String) {
        self.objects = objects
        self.bytes = bytes
        self.sha256 = sha256
    }
}
