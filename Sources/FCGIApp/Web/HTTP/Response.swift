package import Base
package import Contract

/// One HTTP answer.
package struct Response {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static let json = (name: "Content-Type", value: "application/json; charset=utf-8")

    /// The envelope of a request that was carried out.
    package static func success(
        _ data: some JSONWritable, status: Int = 200, message: StaticString
    ) -> Response {
        // As much as glibc keeps at hand for a thread: 1,032 bytes with the array's head.
        var writer = JSONWriter(capacity: 992)
        writer.object { json in
            json.member("success", true)
            json.key("data")
            data.write(to: &json)
            json.member("message", "\(message)")
        }
        return Response(status: status, headers: [json], body: writer.bytes)
    }

    /// The envelope of a request that was refused or failed.
    package init(_ error: ErrorAnswer) {
        self.init(status: error.code.status, headers: [Self.json], body: error.jsonBytes)
        // An error that knows the time says so in its details.
        if let seconds = error.details["retry_after"]?.integer.map({ Int($0) }) ?? error.code.retryAfterSeconds {
            headers.append((name: "Retry-After", value: String(seconds)))
        }
        if error.code.status == 401 { headers.append((name: "WWW-Authenticate", value: "Bearer")) }
    }
}

/// The `data` of an answer that has nothing to tell: null.
struct NoData: JSONWritable {
    func write(to json: inout JSONWriter) { json.null() }
}
