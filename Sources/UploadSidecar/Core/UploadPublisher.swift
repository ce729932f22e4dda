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
    let metrics: UploadMetrics?

    /// Blocks on the application and the store.
    ///
    /// - Throws: the answer when no document was made, or when it cannot be known whether one was: then the object
    ///   stays, and the application's sweeper settles it.
    func publish(
        _ upload: ReceivedUpload, grant: String, tenant: TenantID, requestID: String
    ) throws(UploadFailure) -> (UploadAnswer, Outcome) {
        let call = Call(settle: SettleUpload(grant: grant), tenant: tenant, requestID: requestID)
        switch timed(.resolve, { resolve(upload.resolveMessage(grant: grant), call) }) {
        case .done(let reply): return (UploadAnswer(reply), .deduplicated)
        case .refused(let reply):
            throw UploadFailure(UploadAnswer(reply), outcome: "resolve.refused", detail: "status \(reply.status)")
        case .unclear(let reason):
            // Nothing was pushed, so an intent that may have been written is of no use to anyone.
            let isOpen = !release(call.settle, requestID: requestID)
            throw UploadFailure(.serviceUnavailable, outcome: "resolve.unclear", detail: reason).leavingOpen(isOpen)
        case .push(let target):
            do {
                try timed(.push) { () throws(ObjectStoreError) in
                    try store.put(upload.content(type: target.contentType), at: target.key)
                }
            } catch {
                // The object may be there all the same. Removed at once only when nobody can commit it.
                let outcome = handOff.abandon(call.settle, requestID: requestID)
                if outcome == .abandoned { remove(target.key) }
                throw UploadFailure(error).leavingOpen(outcome.isUnclear)
            }
            return try timed(.commit) { () throws(UploadFailure) in try commit(call, key: target.key) }
        }
    }

    /// Notes how long a stage took, however it ended.
    private func timed<R, E: Error>(_ stage: UploadMetrics.Stage, _ body: () throws(E) -> R) throws(E) -> R {
        let began = ContinuousClock.now
        defer { metrics?.record(stage, began.duration(to: .now)) }
        return try body()
    }

    /// What the calls about one upload have in common.
    private struct Call {
        let settle: SettleUpload
        let tenant: TenantID
        let requestID: String
    }

    /// Asks again as long as it is unclear whether the application has heard: it remembers the upload by its id.
    private func resolve(_ message: ResolveUpload, _ call: Call) -> ResolveOutcome {
        var pauses = backoff.pauses.makeIterator()
        while true {
            let outcome = handOff.resolve(message, of: call.tenant, requestID: call.requestID)
            guard case .unclear = outcome, let next = pauses.next() else { return outcome }
            pause(next)
        }
    }

    private func commit(_ call: Call, key: String) throws(UploadFailure) -> (UploadAnswer, Outcome) {
        var pauses = backoff.pauses.makeIterator()
        while true {
            switch handOff.commit(call.settle, of: call.tenant, requestID: call.requestID) {
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
                        .leavingOpen(true)
                }
                pause(next)
            }
        }
    }

    /// Gives up an upload that failed, which frees the space that is kept for it; false when it is unclear whether the
    /// application has heard.
    func release(_ settle: SettleUpload, requestID: String) -> Bool {
        !handOff.abandon(settle, requestID: requestID).isUnclear
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
