import Base
import HTTP

/// An answer of the service, read from its envelope.
struct ServiceAnswer {
    let status: Int
    /// `data` of a success.
    let data: JSONValue?
    /// `error.code`; nil when the answer has no envelope, as that of some proxy.
    let code: String?
    let message: String?
    let requestID: String?
    /// X-Upload-Id.
    let uploadID: String?
    /// Retry-After in seconds.
    let retryAfter: Int64?

    var isSuccess: Bool { (200..<300).contains(status) }

    /// What a person is told of a refusal.
    var sentence: String {
        let what = message ?? "the service answered \(status)"
        let text = code.map { "\(what) (\($0))" } ?? what
        return requestID.map { "\(text) [request \($0)]" } ?? text
    }
}

extension ServiceAnswer {
    init(_ response: HTTPResponse) {
        let body = try? JSONValue(parsing: response.body)
        status = response.status
        data = body?["data"]
        code = body?["error"]?["code"]?.string
        message = body?["error"]?["message"]?.string
        requestID = response.header("X-Request-Id")
        uploadID = response.header("X-Upload-Id")
        retryAfter = response.header("Retry-After").flatMap { Int64($0) }
    }
}
