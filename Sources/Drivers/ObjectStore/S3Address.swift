import Base

/// Where a bucket is on the network: makes the parts of its URLs.
struct S3Address: Sendable {
    let scheme: String
    /// As in the Host header: with the port unless it is the scheme's own, with the bucket when it is in the host.
    let host: String
    private let basePath: String

    /// - Parameter endpoint: `http` or `https`, host, optional port and path; nil for anything else.
    init?(endpoint: String, bucket: String, addressing: S3Settings.Addressing) {
        guard let separator = endpoint.firstRange(of: "://") else { return nil }
        scheme = endpoint[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = endpoint[separator.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        // What could change the meaning of the URL: user names, queries, fragments, escapes and blanks.
        guard !authority.isEmpty, !authority.hasPrefix(":"),
            rest.utf8.allSatisfy({ $0 > 32 && $0 < 127 && !"@?#%\\\"<>".utf8.contains($0) })
        else { return nil }
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            guard let port = UInt16(authority[authority.index(after: colon)...]), port > 0 else { return nil }
            // Left out of the Host header by HTTP clients, so it must be out of the signature.
            if port == (scheme == "https" ? 443 : 80) { authority = authority[..<colon] }
        }
        switch addressing {
        case .path:
            host = String(authority)
            basePath = "\(path)/\(PercentEncoding.encode(bucket))"
        case .virtualHost:
            host = "\(bucket).\(authority)"
            basePath = String(path)
        }
    }

    /// The encoded path of an object, or of the bucket itself.
    func path(of key: String?) -> String {
        guard let key else { return basePath.isEmpty ? "/" : basePath }
        return basePath + "/" + PercentEncoding.encode(key, keepingSlash: true)
    }

    /// - Parameters:
    ///   - path: encoded, from `path(of:)`.
    ///   - query: encoded; may be empty.
    func url(path: String, query: String) -> String {
        "\(scheme)://\(host)\(path)" + (query.isEmpty ? "" : "?\(query)")
    }
}
