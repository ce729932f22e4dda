package import Base
import Crypto

/// AWS Signature Version 4, for headers and for URLs, as a pure function of the request and the time.
///
/// Paths are taken as S3 wants them: percent-encoded once, not normalised. Sources: "Signature Calculations for the
/// Authorization Header" and "Authenticating Requests: Using Query Parameters" of the S3 API reference.
package struct SigV4: Sendable {
    /// The payload hash of a request whose body is not signed.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"
    /// The payload hash of a request without body.
    package static let emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private static let algorithm = "AWS4-HMAC-SHA256"

    private let accessKey: String
    private let secretKey: String
    private let sessionToken: String?
    private let region: String
    private let service: String

    package init(
        accessKey: String, secretKey: String, sessionToken: String? = nil, region: String, service: String = "s3"
    ) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.region = region
        self.service = service
    }

    /// The headers to send besides those given: `x-amz-date`, `x-amz-security-token` where there is a token, and
    /// `Authorization`.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, starting with a slash.
    ///   - query: names and values not encoded yet; any order.
    ///   - headers: all of them are signed; `host` must be among them.
    ///   - payloadHash: SHA-256 of the body in hexadecimal, or `unsignedPayload`.
    package func headers(
        method: String, path: String, query: [(String, String)], headers: [(name: String, value: String)],
        payloadHash: String, at time: Timestamp
    ) -> [(name: String, value: String)] {
        var added = [(name: "x-amz-date", value: Self.text(of: time))]
        if let sessionToken { added.append(("x-amz-security-token", sessionToken)) }
        let signed = SignedHeaders(headers + added)
        let canonical = Self.canonicalRequest(
            method: method, path: path, query: query, headers: signed, payloadHash: payloadHash)
        let authorization =
            "\(Self.algorithm) Credential=\(accessKey)/\(scope(at: time)), SignedHeaders=\(signed.names), "
            + "Signature=\(signature(of: canonical, at: time))"
        return added + [("Authorization", authorization)]
    }

    /// The whole query, encoded and signed, of a URL that holds for `lifetimeSeconds` from the second of `time` on.
    ///
    /// Only the Host header is signed along; the body is not.
    package func presignedQuery(
        method: String, host: String, path: String, query: [(String, String)], lifetimeSeconds: Int64,
        at time: Timestamp
    ) -> String {
        let signed = SignedHeaders([("host", host)])
        var query =
            query + [
                ("X-Amz-Algorithm", Self.algorithm), ("X-Amz-Credential", "\(accessKey)/\(scope(at: time))"),
                ("X-Amz-Date", Self.text(of: time)), ("X-Amz-Expires", String(lifetimeSeconds)),
                ("X-Amz-SignedHeaders", signed.names),
            ]
        if let sessionToken { query.append(("X-Amz-Security-Token", sessionToken)) }
        let canonical = Self.canonicalRequest(
            method: method, path: path, query: query, headers: signed, payloadHash: Self.unsignedPayload)
        return Self.canonicalQuery(query) + "&X-Amz-Signature=" + signature(of: canonical, at: time)
    }

    /// The query as it is signed: encoded, sorted by name and then by value.
    static func canonicalQuery(_ query: [(String, String)]) -> String {
        query.map { (PercentEncoding.encode($0), PercentEncoding.encode($1)) }.sorted { $0 < $1 }
            .map { "\($0)=\($1)" }.joined(separator: "&")
    }

    private static func canonicalRequest(
        method: String, path: String, query: [(String, String)], headers: SignedHeaders, payloadHash: String
    ) -> String {
        [method, path, canonicalQuery(query), headers.text, headers.names, payloadHash].joined(separator: "\n")
    }

    private func signature(of canonicalRequest: String, at time: Timestamp) -> String {
        let toSign = [
            Self.algorithm, Self.text(of: time), scope(at: time),
            Hex.encode(Digest.sha256(Array(canonicalRequest.utf8))),
        ].joined(separator: "\n")
        var key = Array("AWS4\(secretKey)".utf8)
        for part in [String(Self.text(of: time).prefix(8)), region, service, "aws4_request"] {
            key = HMACSHA256.sign(Array(part.utf8), key: key)
        }
        return Hex.encode(HMACSHA256.sign(Array(toSign.utf8), key: key))
    }

    private func scope(at time: Timestamp) -> String {
        "\(Self.text(of: time).prefix(8))/\(region)/\(service)/aws4_request"
    }

    /// `20130524T000000Z`: whole seconds, rounded down.
    private static func text(of time: Timestamp) -> String {
        String(time.description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }

    /// The headers as they are signed: lower-case names in order, blanks folded, equal names joined by commas.
    private struct SignedHeaders {
        let text: String
        let names: String

        init(_ headers: [(name: String, value: String)]) {
            var values: [String: [String]] = [:]
            for (name, value) in headers {
                let folded = value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
                values[name.lowercased(), default: []].append(folded)
            }
            let sorted = values.sorted { $0.key < $1.key }
            text = sorted.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined()
            names = sorted.map(\.key).joined(separator: ";")
        }
    }
}
