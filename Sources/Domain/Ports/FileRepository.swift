package import Base
package import Contract

/// The files of one tenant. A file is live until its removal begins; only live files are found and deduplicated.
package protocol FileRepository {
    func find(_ id: FileID) throws(ErrorAnswer) -> FileUsage?
    func list(page: PageRequest, withUsage: Bool) throws(ErrorAnswer) -> Page<FileUsage>
    func statistics() throws(ErrorAnswer) -> FileStatistics

    /// The live file with this content, kept from removal until the transaction ends.
    func holdLive(sha256: String, size: Int64) throws(ErrorAnswer) -> StoredFile?

    /// Stores a live file; false when a live one with the same content is there already.
    func insertLive(_ file: StoredFile) throws(ErrorAnswer) -> Bool

    /// Notes what was found in a live file's content, in place of what was found before.
    func note(_ inspection: FileInspection, of id: FileID) throws(ErrorAnswer)

    /// Begins a removal: locks the live file, and when no document shows it, marks it as being deleted.
    func beginRemoval(_ id: FileID) throws(ErrorAnswer) -> FileRemoval

    /// Whether the object may be removed: no live file and no pending upload names its key, and neither an export nor
    /// a restore keeps the tenant's objects. None of these begins before the transaction ends.
    ///
    /// Every removal of an object asks this, and removes it in the same transaction.
    func mayRemoveObject(at key: String) throws(ErrorAnswer) -> Bool

    /// Ends a removal: the row goes. The object must be gone.
    func finishRemoval(_ id: FileID) throws(ErrorAnswer)

    /// Live files that no document shows, ids above `after`, and created before `createdBefore` when given.
    func orphans(after: FileID?, createdBefore: Timestamp?, limit: Int) throws(ErrorAnswer) -> [StoredFile]

    /// Files whose removal began before `time` and did not end.
    func unfinishedRemovals(begunBefore time: Timestamp, limit: Int) throws(ErrorAnswer) -> [StoredFile]

    /// Live files with keys greater than `after`, in byte order of the keys.
    func live(afterKey after: String?, limit: Int) throws(ErrorAnswer) -> [StoredFile]

    /// Those of the keys that a file in any state or an upload names.
    func named(among keys: [String]) throws(ErrorAnswer) -> Set<String>

    /// Waits for the transactions that write files or uploads, and keeps new ones waiting until this one ends.
    ///
    /// - Throws: `.serviceUnavailable` when they do not end soon.
    func lockOutWriters() throws(ErrorAnswer)
}

/// How the beginning of a file's removal went.
package enum FileRemoval: Equatable, Sendable {
    case begun(StoredFile)
    case inUse
    case notFound
}
