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
}
