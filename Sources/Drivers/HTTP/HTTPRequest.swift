/// One HTTP request, whole before it is sent.
package struct HTTPRequest: Sendable {
    /// Where the bytes of the body are.
    package enum Body: Sendable {
        /// No body; POST and PUT send `Content-Length: 0`.
        case none
        /// In memory.
        case bytes([UInt8])
        /// `length` bytes of a file from `offset` on, read as they are sent.
        case file(path: String, offset: Int64, length: Int64)
        /// One after the other, as in a form with a file inside.
        indirect case sequence([Body])
    }

    package var method: String
    /// Absolute, http or https; everything that needs it percent-encoded already.
    package var url: String
    /// Sent as given, in this order. `Content-Length` is added from the body.
    package var headers: [(name: String, value: String)]
    package var body: Body
    package var timeouts: HTTPTimeouts
    /// A longer body that is not streamed fails the request.
    package var maxResponseBytes: Int
    /// Told on the calling thread how many bytes of the body were taken for sending; goes back when they are sent anew.
    package var progress: (@Sendable (Int64) -> Void)?

    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: Body = .none,
        timeouts: HTTPTimeouts = HTTPTimeouts(), maxResponseBytes: Int = 4 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maxResponseBytes = maxResponseBytes
    }
}
