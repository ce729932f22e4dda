/// Sizes that bound one upload's memory and body; the file's own limit is in the grant.
package struct UploadLimits: Sendable {
    /// Bytes of a file that are kept in memory; a larger one goes to the spool.
    package var memoryBytes = 262_144
    /// Bytes read and parsed at once. An upload that comes fast has two such buffers, each mapped by itself and so given
    /// back when it ends (`saas_keep_little_memory`).
    package var bufferBytes = 65_536
    /// Bytes that a body may have beyond the file's limit: boundaries, headers, other fields.
    package var frameBytes: Int64 = 1 << 20
    /// Bytes of the field `filename` or `mime_type`.
    package var fieldBytes = 4096
    /// Bytes of all fields together, those that nobody reads included.
    package var allFieldBytes = 65_536
    /// How slow the client may be.
    package var minimumRate = MinimumRate()

    package init() {}
}
