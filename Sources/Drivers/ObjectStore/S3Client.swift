import Base
import HTTP

/// Signs S3 operations, sends them, and tries again what may pass.
final class S3Client: Sendable {
    private static let attempts = 3

    private let http: HTTPClient
    private let address: S3Address
    private let signer: SigV4
    private let timeouts: HTTPTimeouts
    private let clock: any WallClock
    private let pause: @Sendable (Duration) -> Void
    private let conditionalWrites = ConditionalWrites()

    /// - Parameter pause: blocks for the duration; waits between attempts go through it.
    init(settings: S3Settings, clock: any WallClock, pause: @escaping @Sendable (Duration) -> Void) {
        http = HTTPClient(caFile: settings.caFile)
        address = settings.address
        signer = settings.signer
        timeouts = settings.timeouts
        self.clock = clock
        self.pause = pause
    }

    /// The answer, whose status is 2xx, or 412 to a call that writes only what is new.
    ///
    /// - Throws: what the last answer, or there being none, means; `.notFound` for a 404 unless it speaks of the
    ///   bucket.
    func send(_ call: S3Call) throws(ObjectStoreError) -> HTTPResponse {
        try attempt(call) { request throws(HTTPError) in try http.send(request) }
    }

    /// Like `send`, with the body going to the sink; not tried again once the sink has got something.
    func send(_ call: S3Call, into sink: (UnsafeRawBufferPointer) -> Bool) throws(ObjectStoreError) -> HTTPResponse {
        var delivered = false
        return try attempt(call, mayRetry: { !delivered }) { request throws(HTTPError) in
            try http.send(request) { bytes in
                delivered = true
                return sink(bytes)
            }
        }
    }

    private func attempt(
        _ call: S3Call, mayRetry: () -> Bool = { true }, _ send: (HTTPRequest) throws(HTTPError) -> HTTPResponse
    ) throws(ObjectStoreError) -> HTTPResponse {
        var attempt = 1
        while true {
            let failure: ObjectStoreError
            let isConditional = call.onlyIfNew && conditionalWrites.areSupported
            switch result(call, isConditional: isConditional, send) {
            case .success(let response):
                if isConditional, response.status == 412 { return response }
                if isConditional,
                    ConditionalWrites.isUnknown(status: response.status, code: S3Answer.errorCode(response.body))
                {
                    // Once more without; the same answer then speaks of something else.
                    conditionalWrites.giveUp()
                    continue
                }
                switch S3Answer.verdict(response, to: call.method, distrustsSuccess: call.distrustsSuccess) {
                case .accept: return response
                case .fail(let error): throw error
                case .retry(let error): failure = error
                }
            case .failure(.couldNotConnect(let text)), .failure(.timedOut(let text)), .failure(.brokenOff(let text)):
                failure = .unavailable("\(call.method): \(text)")
            case .failure(.other(let text)): throw .unavailable("\(call.method): \(text)")
            case .failure(.responseTooLarge): throw .unavailable("\(call.method): the answer is too large")
            }
            guard attempt < Self.attempts, mayRetry() else { throw failure }
            // Full jitter, so that clients that failed together do not come back together.
            pause(.milliseconds(Int64.random(in: 1...(100 << Int64(attempt)))))
            attempt += 1
        }
    }

    private func result(
        _ call: S3Call, isConditional: Bool, _ send: (HTTPRequest) throws(HTTPError) -> HTTPResponse
    ) -> Result<HTTPResponse, HTTPError> {
        Result { () throws(HTTPError) in try send(signed(call, isConditional: isConditional)) }
    }

    /// Signed anew for each attempt: a signature holds for minutes only.
    private func signed(_ call: S3Call, isConditional: Bool) -> HTTPRequest {
        let path = address.path(of: call.key)
        var headers = call.headers + [("host", address.host), ("x-amz-content-sha256", call.payloadHash)]
        if isConditional { headers.append(("If-None-Match", "*")) }
        let signature = signer.headers(
            method: call.method, path: path, query: call.query, headers: headers, payloadHash: call.payloadHash,
            at: clock.now())
        return HTTPRequest(
            method: call.method, url: address.url(path: path, query: SigV4.canonicalQuery(call.query)),
            headers: headers + signature, body: call.body, timeouts: call.timeouts ?? timeouts)
    }
}
