package import Base
package import Contract

/// The upload intents of one tenant.
package protocol UploadRepository {
    func insert(_ intent: UploadIntent) throws(ErrorAnswer)
    /// The intent, its row locked until the transaction ends.
    func lock(_ id: UploadID) throws(ErrorAnswer) -> UploadIntent?
    func markCommitted(_ id: UploadID, document: DocumentID) throws(ErrorAnswer)
    /// `pending` → `abandoned`; false when it was not pending.
    func markAbandoned(_ id: UploadID) throws(ErrorAnswer) -> Bool
    /// Pending intents whose time is over, and abandoned ones: their objects are to be removed.
    func leftovers(at now: Timestamp, limit: Int) throws(ErrorAnswer) -> [UploadIntent]
    /// Forgets an abandoned intent; its object must be gone.
    func remove(_ id: UploadID) throws(ErrorAnswer)
    /// Forgets committed intents whose time was over before `time`; how many.
    func pruneCommitted(expiredBefore time: Timestamp) throws(ErrorAnswer) -> Int

    /// Writes the pending intents whose content no live file has, in one statement.
    ///
    /// They are on the disk before an object is pushed for them: an intent that a crash of the database takes away
    /// would leave an upload that nobody knows and an object that nobody sweeps up.
    ///
    /// - Returns: which were written. The rest, none at worst, are the caller's to do one by one.
    func open(_ intents: [UploadIntent]) throws(ErrorAnswer) -> Set<UploadID>
    /// Carries out the commits of pending intents whose content no live file has, in one statement: file, document,
    /// event and audit entry of each, as `UploadService.commit` makes them.
    ///
    /// - Parameter commits: at most one of an upload.
    /// - Returns: the documents made. The rest, none at worst, are the caller's to do one by one.
    func settle(
        _ commits: [UploadCommit], tenant: TenantID, at now: Timestamp
    ) throws(ErrorAnswer) -> [UploadID: Document]

    /// Writes the key unless it is there already; one whose time was over before `now` counts as not there.
    ///
    /// - Returns: the key as it is then, its row locked until the transaction ends.
    func claim(_ key: UploadKey, at now: Timestamp) throws(ErrorAnswer) -> UploadKey
    /// Writes the key over the one that is there.
    func replace(_ key: UploadKey) throws(ErrorAnswer)
    /// Locks the key's row until the transaction ends.
    func lockKey(_ key: String, of user: UserID) throws(ErrorAnswer)
    /// Notes the document under a key that this upload holds.
    func settleKey(_ key: String, of user: UserID, upload: UploadID, document: DocumentID) throws(ErrorAnswer)

    /// Waits until no other transaction of this tenant is between `lockSpace` and its end.
    func lockSpace() throws(ErrorAnswer)
    /// Bytes of files, of pending uploads and of reservations that hold at `now`, the upload's own left out.
    func spaceTaken(at now: Timestamp, besides upload: UploadID) throws(ErrorAnswer) -> Int64
    /// Keeps space free for an upload, in place of what was kept for it before.
    func reserve(_ bytes: Int64, for upload: UploadID, until expires: Timestamp) throws(ErrorAnswer)
    /// Frees what was kept for the upload.
    func releaseSpace(of upload: UploadID) throws(ErrorAnswer)
    /// Forgets keys and reservations whose time was over before `time`.
    func pruneKeysAndReservations(expiredBefore time: Timestamp) throws(ErrorAnswer)
}
