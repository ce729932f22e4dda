import Contract
import ObjectStore

/// Makes a received upload a document: resolve, push, commit.
struct UploadPublisher {
    /// How an upload became a document.
    enum Outcome: String {
        /// Its content is new and was stored.
        case stored
        /// The tenant has the content already.
        case deduplicated
        /// An identical upload was committed first; the object pushed for this one was removed.
        case outrun
    }

    let handOff: any HandOff
    let store: any ObjectStore
    let backoff: Backoff
    let pause: @Sendable (Duration) -> Void

    /// Blocks on the application and the store.
    ///
    /// - Throws: the answer when no document was made, or when it cannot be known whether one was: then the object
    ///   stays, and the application's sweeper settles it.
    func publish(
        _ upload: ReceivedUpload, grant: String, tenant: TenantID
    ) throws(UploadFailure) -> (UploadAnswer, Outcome) {
        let settle = SettleUpload(grant: grant)
        switch handOff.resolve(upload.resolveMessage(grant: grant), of: tenant) {
        case .done(let reply): return (UploadAnswer(reply), .deduplicated)
        case .refused(let reply):
            throw UploadFailure(UploadAnswer(reply), outcome: "resolve.refused", detail: "status \(reply.status)")
        case .unclear(let reason):
            // Nothing was pushed, so an intent that may have been written is of no use to anyone.
            _ = handOff.abandon(settle)
            throw UploadFailure(.serviceUnavailable, outcome: "resolve.unclear", detail: reason)
        case .push(let target):
            do {
                try store.put(upload.content(type: target.contentType), at: target.key)
            } catch {
                giveUp(settle, key: target.key)
                throw UploadFailure(error)
            }
            return try commit(settle, tenant, key: target.key)
        }
    }

    private func commit(
        _ settle: SettleUpload, _ tenant: TenantID, key: String
    ) throws(UploadFailure) -> (UploadAnswer, Outcome) {
        var pauses = backoff.pauses.makeIterator()
        while true {
            switch handOff.commit(settle, of: tenant) {
            case .done(let reply):
                if reply.removesObject { remove(key) }
                return (UploadAnswer(reply), reply.removesObject ? .outrun : .stored)
            case .refused(let reply):
                if reply.removesObject { remove(key) }
                throw UploadFailure(UploadAnswer(reply), outcome: "commit.refused", detail: "status \(reply.status)")
            case .unclear(let reason):
                // It may be committed: the object must stay.
                guard let next = pauses.next() else {
                    throw UploadFailure(.serviceUnavailable, outcome: "commit.unclear", detail: reason)
                }
                pause(next)
            }
        }
    }

    /// Frees the space that is kept for an upload which failed. Best effort: the reservation ends by itself.
    func release(_ settle: SettleUpload) { _ = handOff.abandon(settle) }

    /// The push failed, and the object may be there all the same. Removed at once only when nobody can commit it.
    private func giveUp(_ settle: SettleUpload, key: String) {
        if handOff.abandon(settle) == .abandoned { remove(key) }
    }

    /// Best effort: what stays is swept up later.
    private func remove(_ key: String) { try? store.remove(key) }
}

extension UploadFailure {
    /// A push that failed.
    fileprivate init(_ error: ObjectStoreError) {
        switch error {
        case .full: self.init(.insufficientStorage, outcome: "store.full")
        case .refused(let detail): self.init(.storageUnavailable, outcome: "store.refused", detail: detail)
        case .unavailable(let detail): self.init(.storageUnavailable, outcome: "store.unavailable", detail: detail)
        case .corrupted(let detail): self.init(.storageUnavailable, outcome: "store.corrupted", detail: detail)
        case .notFound: self.init(.storageUnavailable, outcome: "store.refused", detail: "not found")
        }
    }
}
