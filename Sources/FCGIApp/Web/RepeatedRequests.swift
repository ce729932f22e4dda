package import Base
import Contract
package import Domain

/// The pipeline's stage for POSTs with an `Idempotency-Key`: such a request has its effect once, and is answered with the
/// same bytes when it is sent again within 24 hours.
///
/// The key belongs to the user, the tenant in the address and the route. The answer is stored in the transaction of the
/// effect, so neither is there without the other. A request that failed had no effect and may be sent again, changed
/// too. Logins and refreshes are left out: tokens are stored nowhere. Uploads are the sidecar's and have keys of their
/// own (`UploadReplay`).
package struct RepeatedRequests: Sendable {
    private let store: any IdempotencyStore
    private let digests: RequestDigests
    private let clock: any WallClock

    private static let kept: Duration = .seconds(86_400)
    /// A try that takes longer may be replaced by the next one, and then stores nothing. nginx has given it up by then.
    private static let longestTry: Duration = .seconds(30)
    /// The largest body that a handler of JSON reads.
    private static let bodyLimit = 1 << 20
    private static let leftOut: Set = ["/api/auth/login", "/api/auth/refresh", "/api/auth/logout"]

    /// - Parameter digests: for requests of strangers; with another key theirs are other requests.
    package init(store: any IdempotencyStore, digests: RequestDigests, clock: any WallClock) {
        self.store = store
        self.digests = digests
        self.clock = clock
    }

    /// The request as the later stages see it: with an effect to be held, and a body that can be read twice.
    ///
    /// - Throws: `.validationError` for a malformed key.
    func prepare(_ request: Request, _ route: Route) throws(ErrorAnswer) -> Request {
        guard request.method == .post, request.phase == .normal, !Self.leftOut.contains(route.pattern),
            let text = request.headers["idempotency-key"], !text.isEmpty
        else { return request }
        do { _ = try IdempotencyKey(text) } catch { throw error.answer(field: "Idempotency-Key") }
        return request.repeatable(RequestEffect())
    }

    /// Runs the handler, or gives the answer that it gave before.
    ///
    /// - Throws: `.conflict` while another try is at work; `.validationError` for the key of another request.
    func answer(
        _ request: Request, _ route: Route, user: UserID?, tenant: TenantID?,
        _ handle: () throws(ErrorAnswer) -> Response
    ) throws(ErrorAnswer) -> Response {
        guard let effect = request.effect, let text = request.headers["idempotency-key"],
            let key = try? IdempotencyKey(text)
        else { return try handle() }
        let claim = IdempotencyClaim(
            key: key, user: user, tenant: tenant, route: route.pattern,
            target: "\(request.rawPath)?\(request.rawQuery)",
            body: try request.body.read(limit: Self.bodyLimit), digests: digests)
        let now = clock.now()
        switch try store.begin(claim, at: now, deadline: now + Self.longestTry, expires: now + Self.kept) {
        case .begun: return try carryOut(claim, effect, handle)
        case .done(let answer):
            return Response(
                status: answer.status, headers: [Response.json, (name: "Idempotency-Replayed", value: "true")],
                body: answer.body)
        case .running:
            throw ErrorAnswer(
                .conflict, message: "A request with this Idempotency-Key is under way; try again shortly.")
        case .otherRequest:
            throw ErrorAnswer(
                .validationError, message: "This Idempotency-Key was used for another request.",
                details: ["fields": .object(["Idempotency-Key": .string("was used for another request")])])
        }
    }

    private func carryOut(
        _ claim: IdempotencyClaim, _ effect: RequestEffect, _ handle: () throws(ErrorAnswer) -> Response
    ) throws(ErrorAnswer) -> Response {
        do throws(ErrorAnswer) {
            let response = try handle()
            try store.finish(claim, StoredAnswer(status: response.status, body: response.body), with: effect.take())
            return response
        } catch {
            effect.take()?.rollBack()
            // What cannot be released now is free after its deadline; an answer that was stored after all stays.
            try? store.release(claim)
            throw error
        }
    }
}

extension Request {
    /// The same with an effect to be held, its body remembered once it was read.
    fileprivate func repeatable(_ effect: RequestEffect) -> Request {
        Request(
            method: method, segments: segments, rawPath: rawPath, rawQuery: rawQuery, query: query, headers: headers,
            requestID: requestID, remoteAddress: remoteAddress, phase: phase, contentLength: contentLength,
            body: RememberedBody(body), effect: effect)
    }
}

/// A body that is read once and can be asked for again. One thread.
private final class RememberedBody: RequestBody {
    private let body: any RequestBody
    private var bytes: [UInt8]?

    init(_ body: any RequestBody) { self.body = body }

    func read(limit: Int) throws(ErrorAnswer) -> [UInt8] {
        if let bytes {
            guard bytes.count <= limit else { throw ErrorAnswer(.payloadTooLarge) }
            return bytes
        }
        let bytes = try body.read(limit: limit)
        self.bytes = bytes
        return bytes
    }
}
