import Base
import CCurl

/// Sends HTTP/1.1 requests with libcurl, keeping connections open between them.
///
/// Follows no redirects and speaks to http and https URLs only. The proxy variables of the environment apply as
/// libcurl documents them. The process must ignore SIGPIPE, as `Shutdown.prepare` does: a TLS peer that goes away
/// would raise it.
package final class HTTPClient: Sendable {
    /// Unused handles beyond this are closed with their connections.
    private static let maxIdleHandles = 32

    private let idle = Condition<[CurlHandle]>([])
    private let caFile: String?

    /// - Parameter caFile: a PEM file of the authorities to trust instead of the system's.
    package init(caFile: String? = nil) {
        _ = Self.libraryIsReady
        self.caFile = caFile
    }

    /// Sends the request and waits for the whole answer. Blocks; any thread may call.
    ///
    /// Any status is an answer, not an error.
    package func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try withHandle { handle throws(HTTPError) in try handle.perform(request, sink: nil) }
    }

    /// Like `send`, handing the body of a 2xx answer to the sink in order as it arrives, whatever its length; bodies
    /// of other answers are collected as usual.
    ///
    /// The sink runs on the calling thread; when it returns false the connection is dropped and the answer's head is
    /// returned.
    package func send(
        _ request: HTTPRequest, into sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(HTTPError) -> HTTPResponse {
        let result = withoutActuallyEscaping(sink) { sink -> Result<HTTPResponse, HTTPError> in
            Result { () throws(HTTPError) in
                try withHandle { handle throws(HTTPError) in try handle.perform(request, sink: sink) }
            }
        }
        return try result.get()
    }

    /// Lends the handle that was used last, whose connection is the most likely to be open still.
    private func withHandle<R>(_ body: (CurlHandle) throws(HTTPError) -> R) throws(HTTPError) -> R {
        guard let handle = idle.withLock({ $0.popLast() }) ?? CurlHandle(caFile: caFile) else {
            throw .other("libcurl gave no handle")
        }
        defer {
            idle.withLock { idle in
                if idle.count < Self.maxIdleHandles { idle.append(handle) }
            }
        }
        return try body(handle)
    }

    /// curl_global_init(3), once in the process.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
