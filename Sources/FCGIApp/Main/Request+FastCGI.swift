import Base
import Contract
import FastCGI
import Web

extension Request {
    /// Reads nginx's parameters (CGI/1.1 names, RFC 3875 section 4.1; REQUEST_ID is ours).
    ///
    /// - Throws: `.badRequest` for a path or query that does not decode, or a header that may come once only.
    init(_ handle: RequestHandle, phase: Phase) throws(ErrorAnswer) {
        let parameters = handle.parameters
        guard parameters.duplicated.isDisjoint(with: Self.single) else {
            throw ErrorAnswer(.badRequest, message: "A header that may come once only came twice.")
        }
        let target = parameters["REQUEST_URI"] ?? "/"
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = mark.map { String(target[..<$0]) } ?? target
        let query = mark.map { String(target[target.utf8.index(after: $0)...]) } ?? ""
        var headers: [String: String] = [:]
        for (name, parameter) in Self.headers {
            if let value = parameters[parameter] { headers[name] = value }
        }
        let declared = parameters["UPLOAD_LENGTH"].flatMap { Int64($0) }
        self.init(
            method: Method(rawValue: parameters["REQUEST_METHOD"] ?? "") ?? .other,
            segments: try Self.segments(of: path),
            rawPath: path, rawQuery: query, query: try Self.fields(of: query), headers: headers,
            requestID: parameters["REQUEST_ID"] ?? "", remoteAddress: parameters["REMOTE_ADDR"] ?? "", phase: phase,
            contentLength: phase == .uploadAuthorization ? declared : handle.contentLength,
            body: FastCGIBody(handle: handle))
    }

    /// The headers that handlers look at.
    private static let headers = [
        ("authorization", "HTTP_AUTHORIZATION"), ("content-type", "CONTENT_TYPE"),
        ("idempotency-key", "HTTP_IDEMPOTENCY_KEY"),
    ]

    /// The parameters that may come once only.
    private static let single: Set = [
        "HTTP_AUTHORIZATION", "HTTP_IDEMPOTENCY_KEY", "CONTENT_TYPE", "CONTENT_LENGTH",
    ]

    private static func segments(of path: String) throws(ErrorAnswer) -> [String] {
        guard path != "/" else { return [] }
        var segments: [String] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard let segment = PercentEncoding.decode(Substring(part)), !segment.utf8.contains(0) else {
                throw ErrorAnswer(.badRequest)
            }
            segments.append(segment)
        }
        return segments
    }

    /// The first value of each name.
    private static func fields(of query: String) throws(ErrorAnswer) -> [String: String] {
        guard !query.isEmpty else { return [:] }
        var fields: [String: String] = [:]
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(Substring(halves[0]), plusIsSpace: true),
                let value = PercentEncoding.decode(halves.count == 2 ? Substring(halves[1]) : "", plusIsSpace: true)
            else { throw ErrorAnswer(.badRequest) }
            if fields[name] == nil { fields[name] = value }
        }
        return fields
    }
}

/// A body that is still on its way from nginx.
private struct FastCGIBody: RequestBody {
    let handle: RequestHandle

    func read(limit: Int) throws(ErrorAnswer) -> [UInt8] {
        do {
            return try handle.body(limit: limit)
        } catch .bodyTooLarge {
            throw ErrorAnswer(.payloadTooLarge)
        } catch {
            throw ErrorAnswer(.badRequest, message: "The request body broke off.")
        }
    }
}
