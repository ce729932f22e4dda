import HTTP

/// One S3 operation, before it is signed.
struct S3Call {
    let method: String
    /// Nil is the bucket itself.
    var key: String?
    /// Not encoded.
    var query: [(String, String)] = []
    /// Besides Host, date, payload hash and Authorization.
    var headers: [(name: String, value: String)] = []
    var body = HTTPRequest.Body.none
    /// SHA-256 of the body in hexadecimal.
    var payloadHash = SigV4.emptyPayload
    /// Nil are the store's own.
    var timeouts: HTTPTimeouts?
    /// Writes only where there is nothing yet (`If-None-Match: *`), on servers that can: 412 is an answer then.
    var onlyIfNew = false
    /// See `S3Answer.verdict`.
    var distrustsSuccess = false
}
