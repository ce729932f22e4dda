import FastCGI
import UploadCore

extension UploadRequest {
    /// Reads the web server's parameters; nil when one that decides something came more than once.
    init?(_ parameters: Parameters) {
        guard parameters.duplicated.isDisjoint(with: Self.single) else { return nil }
        self.init(
            method: parameters["REQUEST_METHOD"] ?? "", grant: parameters["UPLOAD_GRANT"],
            requestID: parameters["REQUEST_ID"] ?? "", contentType: parameters["CONTENT_TYPE"],
            contentLength: parameters["CONTENT_LENGTH"], digestHeaders: Self.digestHeaders(parameters))
    }

    private static let single: Set = [
        "REQUEST_METHOD", "UPLOAD_GRANT", "REQUEST_ID", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_DIGEST",
        "HTTP_REPR_DIGEST",
    ]

    private static let digestParameters = ClientDigests.requestHeaders.map { name in
        (name, "HTTP_" + name.uppercased().replacing("-", with: "_"))
    }

    private static func digestHeaders(_ parameters: Parameters) -> [String: String] {
        var headers: [String: String] = [:]
        for (name, parameter) in digestParameters { headers[name] = parameters[parameter] }
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
