package import Contract
package import Domain

/// One HTTP request, freed of how it arrived.
package struct Request {
    package let method: Method
    /// The path's segments, percent-decoded; empty for `/`.
    package let segments: [String]
    /// The path as it was sent, for what is signed.
    package let rawPath: String
    package let rawQuery: String
    package let query: [String: String]
    /// Names are lower-cased.
    package let headers: [String: String]
    package let requestID: String
    package let remoteAddress: String
    package let phase: Phase
    /// Content-Length, when the client sent one.
    package let contentLength: Int64?
    package let body: any RequestBody
    /// Of a request that is to have its effect once (`RepeatedRequests`); nil for others.
    package let effect: RequestEffect?

    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        /// Anything else: no route takes it.
        case other = ""
    }

    /// Which door the request came through; set by nginx, not by clients.
    package enum Phase: Sendable {
        case normal
        /// An upload asks for its grant before its body is read.
        case uploadAuthorization
        /// A signed download URL of the directory store.
        case download
    }

    package init(
        method: Method, segments: [String], rawPath: String, rawQuery: String = "", query: [String: String] = [:],
        headers: [String: String] = [:], requestID: String, remoteAddress: String = "", phase: Phase = .normal,
        contentLength: Int64? = nil, body: any RequestBody = BytesBody([]), effect: RequestEffect? = nil
    ) {
        self.method = method
        self.segments = segments
        self.rawPath = rawPath
        self.rawQuery = rawQuery
        self.query = query
        self.headers = headers
        self.requestID = requestID
        self.remoteAddress = remoteAddress
        self.phase = phase
        self.contentLength = contentLength
        self.body = body
        self.effect = effect
    }
}

/// A request's body, read when a handler asks for it.
package protocol RequestBody {
    /// The whole body. Blocks until it has arrived.
    ///
    /// - Throws: `.payloadTooLarge` beyond `limit` bytes; `.badRequest` when it breaks off.
    func read(limit: Int) throws(ErrorAnswer) -> [UInt8]
}

/// A body that is in memory already.
package struct BytesBody: RequestBody {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func read(limit: Int) throws(ErrorAnswer) -> [UInt8] {
        guard bytes.count <= limit else { throw ErrorAnswer(.payloadTooLarge) }
        return bytes
    }
}
