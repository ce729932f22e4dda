import Base
import Contract

/// How many bytes a tenant's files may take up, uploads under way included, so that they cannot pass it together.
struct StorageQuota {
    /// Nil is no limit, and costs nothing.
    let limit: Int64?

    /// Less than this of a declared body may be the form around the file.
    private static let frame: Int64 = 1024

    /// Long enough for an ordinary client; one that takes longer is judged anew when its body has arrived.
    private static func lifetime(_ bytes: Int64) -> Duration { .seconds(600 + bytes / 1_048_576) }

    /// Keeps space free for a body that is announced.
    ///
    /// - Throws: `.quotaExceeded`.
    func reserve(
        _ bytes: Int64, for upload: UploadID, in tenant: TenantRepositories, at now: Timestamp
    ) throws(ErrorAnswer) {
        let wanted = max(1, bytes - Self.frame)
        try check(wanted, upload, tenant, now)
        try tenant.uploads.reserve(wanted, for: upload, until: now + Self.lifetime(wanted))
    }

    /// Lets an upload's exact size in, in the transaction that writes its intent; the reservation becomes that.
    ///
    /// - Throws: `.quotaExceeded`.
    func admit(
        _ bytes: Int64, for upload: UploadID, in tenant: TenantRepositories, at now: Timestamp
    ) throws(ErrorAnswer) {
        guard limit != nil else { return }
        try check(bytes, upload, tenant, now)
    }

    private func check(
        _ bytes: Int64, _ upload: UploadID, _ tenant: TenantRepositories, _ now: Timestamp
    ) throws(ErrorAnswer) {
        guard let limit else { return }
        try tenant.uploads.lockSpace()
        let used = try tenant.uploads.spaceTaken(at: now, besides: upload)
        guard bytes <= limit - min(used, limit) else {
            throw ErrorAnswer(
                .quotaExceeded, details: ["quota_bytes": .integer(limit), "used_bytes": .integer(used)])
        }
    }
}
