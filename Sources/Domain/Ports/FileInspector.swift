package import Contract

/// A look at stored content: metadata, viruses, or what an installation adds. May be repeated.
package protocol FileInspector: Sendable {
    /// Whether it has anything to do with the file, whose `inspection` tells what is known already.
    func isWanted(for file: StoredFile) -> Bool

    /// Looks, and notes what it finds. Blocks until the deadline at most; content that makes no sense is no failure.
    ///
    /// - Throws: the look is taken again later; `.serviceUnavailable` when what it needs is away, which is never the
    ///   file's fault.
    func inspect(
        _ file: StoredFile, of tenant: TenantID, into inspection: inout FileInspection,
        deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer)
}
