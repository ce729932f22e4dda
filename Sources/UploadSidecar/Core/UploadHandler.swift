package import Base
import Contract
package import Crypto
package import MediaSniffer
package import ObjectStore

/// Takes one upload from its first byte to its answer: admit, receive, publish.
///
/// A document is made only of a body that was received in full: no stream error, the declared length, the closing
/// boundary, the object confirmed by its store, the transaction committed. Thread-safe; each call blocks its thread.
package final class UploadHandler: Sendable {
    private let grantKey: VerifyingKey
    private let gate: UploadGate
    private let receiver: UploadReceiver
    private let publisher: UploadPublisher
    private let journal: UploadJournal
    private let looseEnds: LooseEnds
    private let metrics: UploadMetrics?
    private let clock: any WallClock
    private let log: Log

    /// - Parameters:
    ///   - grantKey: verifies upload grants.
    ///   - looseEnds: takes uploads over whose end the application could not be told.
    ///   - metrics: counts every upload.
    ///   - caps: how many uploads may run at once; one more is refused before its body is read.
    ///   - backoff: between tries of a commit whose outcome is unclear.
    ///   - afterRush: called when many uploads have run at once and none runs any more.
    ///   - now: measures the pace of a body.
    ///   - pause: blocks for that long; a test gives one that does not.
    package init(
        grantKey: VerifyingKey, spool: SpoolDirectory, sniffer: Sniffer, store: any ObjectStore,
        handOff: any HandOff, looseEnds: LooseEnds, metrics: UploadMetrics? = nil, log: Log,
        limits: UploadLimits = UploadLimits(),
        caps: UploadCaps = UploadCaps(),
        backoff: Backoff = .commit, afterRush: @escaping @Sendable () -> Void = {},
        clock: any WallClock = SystemClock(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        pause: @escaping @Sendable (Duration) -> Void = { Pause.sleep($0) }
    ) {
        self.grantKey = grantKey
        gate = UploadGate(caps: caps, afterRush: afterRush)
        journal = spool.journal
        self.looseEnds = looseEnds
        self.metrics = metrics
        receiver = UploadReceiver(limits: limits, spool: spool, sniffer: sniffer, lanes: HashLanes(), now: now)
        publisher = UploadPublisher(handOff: handOff, store: store, backoff: backoff, pause: pause, metrics: metrics)
        self.clock = clock
        self.log = log
    }

    /// Carries the upload out. When the body was not read to its end, the caller goes on reading for a while after it
    /// has sent the answer, or the client may not see it.
    package func handle(_ request: UploadRequest, body: inout some BodyReader) -> UploadAnswer {
        let started = ContinuousClock.now
        var bytes: Int64 = 0
        var admitted: UploadGrant?
        var entry: UploadJournal.Entry?
        let answer: UploadAnswer
        let outcome: String
        var detail = ""
        do throws(UploadFailure) {
            let (grant, signedGrant) = try admit(request)
            admitted = grant
            let slot = try enter(grant)
            entry = journal.note(signedGrant)
            let boundary = try Self.boundary(of: request)
            let digests = try Self.digests(of: request)
            let upload = try receiver.receive(
                &body, boundary: boundary, maxBytes: grant.maxBytes, contentLength: request.contentLength,
                digests: digests, progress: &bytes)
            metrics?.record(.receive, upload.waited)
            metrics?.record(.spool, upload.worked)
            let published = try publisher.publish(
                upload, grant: signedGrant, tenant: grant.tenantID, requestID: grant.requestID)
            if let entry { journal.forget(entry) }
            // The place is free before the client hears of it, or its next upload might find none.
            _ = consume slot
            answer = published.0
            outcome = published.1.rawValue
        } catch {
            answer = error.answer
            outcome = error.outcome
            detail = error.detail
            if let admitted, let signed = request.grant { end(admitted, signed: signed, after: error, entry) }
        }
        let duration = started.duration(to: .now)
        metrics?.count(answer, outcome: outcome, tenant: admitted?.tenantID, bytes: bytes, took: duration)
        log.write(
            answer.status < 500 ? .info : .warning, "upload",
            [
                "request.id": .text(request.requestID),
                "upload.id": .text(admitted?.uploadID.description ?? ""),
                "tenant.id": .text(admitted?.tenantID.description ?? ""),
                "upload.bytes": .integer(bytes), "upload.outcome": .text(outcome), "upload.detail": .text(detail),
                "http.status": .integer(Int64(answer.status)),
                "ms": .integer(duration.milliseconds),
            ])
        return admitted.map { answer.with(uploadID: $0.uploadID) } ?? answer
    }

    /// Sees to it that the application keeps nothing for an upload that has failed.
    private func end(_ grant: UploadGrant, signed: String, after failure: UploadFailure, _ entry: UploadJournal.Entry?)
    {
        var isOpen = failure.isOpen
        // A commit that is unclear may have happened, and one that is open is given up later: not in its way now.
        if !isOpen, grant.wantsRelease {
            isOpen = !publisher.release(SettleUpload(grant: signed), requestID: grant.requestID)
        }
        if isOpen {
            looseEnds.add(signed, entry: entry)
        } else if let entry {
            journal.forget(entry)
        }
    }

    /// Checks what can be checked before a byte of the body is read.
    private func admit(_ request: UploadRequest) throws(UploadFailure) -> (UploadGrant, signed: String) {
        guard request.method == "POST" else { throw UploadFailure(.methodNotAllowed, outcome: "method") }
        guard let signed = request.grant, let grant = UploadGrant(verifying: signed, with: grantKey, at: clock.now()),
            grant.requestID == request.requestID
        else { throw UploadFailure(.forbidden, outcome: "grant") }
        return (grant, signed)
    }

    private func enter(_ grant: UploadGrant) throws(UploadFailure) -> UploadSlot {
        do { return try gate.enter(tenant: grant.tenantID, user: grant.userID) } catch { throw UploadFailure(error) }
    }

    private static func boundary(of request: UploadRequest) throws(UploadFailure) -> MultipartBoundary {
        do { return try MultipartBoundary(contentType: request.contentType) } catch { throw UploadFailure(error) }
    }

    private static func digests(of request: UploadRequest) throws(UploadFailure) -> ClientDigests {
        var digests = ClientDigests()
        for (name, value) in request.digestHeaders where ClientDigests.requestHeaders.contains(name) {
            do { try digests.add(header: name, value) } catch { throw UploadFailure(error) }
        }
        return digests
    }
}
