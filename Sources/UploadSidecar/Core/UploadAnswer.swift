import Base
package import Contract

/// What the client of an upload is answered.
package struct UploadAnswer: Sendable {
    package let status: Int
    package private(set) var headers: [(name: String, value: String)]
    package let body: [UInt8]

    /// An error of the table, in the envelope.
    ///
    /// - Parameter status: where it differs from the table's (408 shares TIMEOUT with 504).
    package init(_ error: ErrorAnswer, status: Int? = nil) {
        self.status = status ?? error.code.status
        headers = Self.headers(of: self.status)
        if let seconds = error.code.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        if error.code == .methodNotAllowed { headers.append(("Allow", "POST")) }
        body = error.jsonBytes
    }

    /// The application's answer, sent on unchanged.
    package init(_ reply: HandOffReply) {
        status = reply.status
        headers = Self.headers(of: reply.status)
        if let seconds = reply.retryAfter { headers.append(("Retry-After", seconds)) }
        body = reply.body
    }

    private static func headers(of status: Int) -> [(name: String, value: String)] {
        let all = [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")]
        // RFC 9110 section 11.6.1 wants it of every 401: a session may end while its upload is under way.
        return status == 401 ? all + [("WWW-Authenticate", "Bearer")] : all
    }

    /// The same answer with the upload's id in `X-Upload-Id`.
    func with(uploadID: UploadID) -> UploadAnswer {
        var answer = self
        answer.headers.append(("X-Upload-Id", uploadID.description))
        return answer
    }
}
