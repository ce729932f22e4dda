import Base
import Contract
import Domain

struct InMemoryUploads: UploadRepository {
    let tables: InMemoryTenantTables
    let transaction: InMemoryTransaction

    func insert(_ intent: UploadIntent) throws(ErrorAnswer) {
        guard tables.uploads[intent.id] == nil else { throw ErrorAnswer(.conflict) }
        transaction.put(intent, at: intent.id, in: tables.uploads)
    }

    func lock(_ id: UploadID) throws(ErrorAnswer) -> UploadIntent? { tables.uploads[id] }

    func markCommitted(_ id: UploadID, document: DocumentID) throws(ErrorAnswer) {
        guard let intent = tables.uploads[id] else { return }
        transaction.put(intent.with(state: .committed, document: document), at: id, in: tables.uploads)
    }

    func markAbandoned(_ id: UploadID) throws(ErrorAnswer) -> Bool {
        guard let intent = tables.uploads[id], intent.state == .pending else { return false }
        transaction.put(intent.with(state: .abandoned, document: nil), at: id, in: tables.uploads)
        return true
    }

    func leftovers(at now: Timestamp, limit: Int) throws(ErrorAnswer) -> [UploadIntent] {
        let leftovers = tables.uploads.rows.values.filter {
            $0.state == .abandoned || ($0.state == .pending && $0.expires < now)
        }
        return Array(leftovers.sorted { ($0.expires, $0.id) < ($1.expires, $1.id) }.prefix(limit))
    }

    func remove(_ id: UploadID) throws(ErrorAnswer) {
        guard tables.uploads[id]?.state == .abandoned else { return }
        transaction.put(nil, at: id, in: tables.uploads)
    }

    func pruneCommitted(expiredBefore time: Timestamp) throws(ErrorAnswer) -> Int {
        let over = tables.uploads.rows.filter { $0.value.state == .committed && $0.value.expires < time }
        for id in over.keys { transaction.put(nil, at: id, in: tables.uploads) }
        return over.count
    }

    /// Leaves all of them to the caller.
    func open(_ intents: [UploadIntent]) throws(ErrorAnswer) -> Set<UploadID> { [] }

    func settle(
        _ commits: [UploadCommit], tenant: TenantID, at now: Timestamp
    ) throws(ErrorAnswer) -> [UploadID: Document] { [:] }
}

extension UploadIntent {
    fileprivate func with(state: State, document: DocumentID?) -> UploadIntent {
        UploadIntent(
            id: id, state: state, userID: userID, file: file, filename: filename, mediaType: mediaType,
            documentID: document, expires: expires)
    }
}
