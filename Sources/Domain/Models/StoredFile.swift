package import Base
package import Contract

/// Content that is stored once in a tenant, however many documents show it.
package struct StoredFile: Equatable, Sendable {
    package let id: FileID
    /// Lower-case hexadecimal digests of the content.
    package let md5: String
    package let sha256: String
    /// Key of the object that holds the bytes.
    package let key: String
    package let size: Int64
    /// What the bytes look like.
    package let sniffedType: MediaType
    package let createdAt: Timestamp
    /// What was found in the content; nil when nobody has looked yet, or where it was not read.
    package var inspection: FileInspection?

    package init(
        id: FileID, md5: String, sha256: String, key: String, size: Int64, sniffedType: MediaType,
        createdAt: Timestamp, inspection: FileInspection? = nil
    ) {
        self.id = id
        self.md5 = md5
        self.sha256 = sha256
        self.key = key
        self.size = size
        self.sniffedType = sniffedType
        self.createdAt = createdAt
        self.inspection = inspection
    }

    /// The key of a new object: `tenants/{tenant_id}/files/{yyyy}/{mm}/{file_id}_{md5}`.
    package static func key(tenant: TenantID, file: FileID, md5: String, at time: Timestamp) -> String {
        let date = time.components
        let month = date.month < 10 ? "0\(date.month)" : "\(date.month)"
        return "tenants/\(tenant)/files/\(date.year)/\(month)/\(file)_\(md5)"
    }
}

/// A file and how many documents show it.
package struct FileUsage: Equatable, Sendable {
    package let file: StoredFile
    /// Nil when it was not asked for.
    package let documentCount: Int64?

    package init(file: StoredFile, documentCount: Int64?) {
        self.file = file
        self.documentCount = documentCount
    }
}

/// A tenant's storage.
package struct FileStatistics: Equatable, Sendable {
    package let totalFiles: Int64
    package let totalBytes: Int64

    package init(totalFiles: Int64, totalBytes: Int64) {
        self.totalFiles = totalFiles
        self.totalBytes = totalBytes
    }
}

/// What a clean-up of orphaned files did.
package struct OrphanReport: Equatable, Sendable {
    package var checked: Int64 = 0
    package var deleted: Int64 = 0
    package var failed: Int64 = 0

    package init() {}
}
