import FastCGI
import UploadCore

extension UploadRequest {
    /// Reads the web server's parameters; nil when one that decides something came more than once.
    init?(_ parameters: Parameters) {
        let single: Set = [
            "REQUEST_METHOD", "UPLOAD_GRANT", "REQUEST_ID", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_DIGEST",
            "HTTP_REPR_DIGEST",
        ]
        guard parameters.duplicated.isDisjoint(with: single) else { return nil }
        self.init(
            method: parameters["REQUEST_METHOD"] ?? "", grant: parameters["UPLOAD_GRANT"],
            requestID: parameters["REQUEST_ID"] ?? "", contentType: parameters["CONTENT_TYPE"],
            contentLength: parameters["CONTENT_LENGTH"], digestHeaders: Self.digestHeaders(parameters))
    }

    private static func digestHeaders(_ parameters: Parameters) -> [String: String] {
        var headers: [String: String] = [:]
        for name in ClientDigests.requestHeaders {
            headers[name] = parameters["HTTP_" + name.uppercased().replacing("-", with: "_")]
        }
        return headers
    }
}

/// The body of a FastCGI request.
struct FastCGIBody: BodyReader {
    let handle: RequestHandle

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(BodyCut) -> Int {
        do { return try handle.read(into: buffer) } catch { throw BodyCut() }
    }
}
