import Base

/// The digests that a client has sent of its file, to be compared with the digests of what arrived.
///
/// | where | form |
/// | --- | --- |
/// | header `Content-MD5` of the file's part | base64 of 16 bytes (RFC 1864) |
/// | header `Digest` of the part or the request | `sha-256=<base64>,md5=<base64>` (RFC 3230) |
/// | headers `Repr-Digest` of the part or the request, `Content-Digest` of the part | `sha-256=:<base64>:` (RFC 9530) |
/// | form field `sha256`, before or behind the file | 64 hexadecimal digits |
///
/// `Content-MD5` and `Content-Digest` of the request itself speak of the whole body, frame and all, and are not looked
/// at. Algorithms other than SHA-256 and MD5 are ignored, as both RFCs ask. Each digest that was sent must match.
package struct ClientDigests: Equatable, Sendable {
    /// Expected SHA-256 digests, 32 bytes each.
    package private(set) var sha256: [[UInt8]] = []
    /// Expected MD5 digests, 16 bytes each.
    package private(set) var md5: [[UInt8]] = []

    package init() {}

    /// Whether the file is what the client meant to send.
    package func match(md5: [UInt8], sha256: [UInt8]) -> Bool {
        self.md5.allSatisfy { $0 == md5 } && self.sha256.allSatisfy { $0 == sha256 }
    }

    /// Takes the value of a header in `names`.
    ///
    /// - Parameter name: lower-cased.
    /// - Throws: `MalformedDigest` when the value is not what the header's RFC says.
    package mutating func add(header name: String, _ value: String) throws(MalformedDigest) {
        switch name {
        case "content-md5":
            guard let digest = Base64.decode(value), digest.count == 16 else { throw MalformedDigest(source: name) }
            md5.append(digest)
        case "digest": try addMembers(of: value, source: name, colons: false)
        default: try addMembers(of: value, source: name, colons: true)
        }
    }

    /// Takes the form field `sha256`.
    package mutating func add(sha256Field text: String) throws(MalformedDigest) {
        guard let digest = Hex.decode(text.lowercased()), digest.count == 32 else {
            throw MalformedDigest(source: "sha256")
        }
        sha256.append(digest)
    }

    /// Headers of the file's part that carry digests of it.
    package static let partHeaders: Set = ["content-md5", "digest", "repr-digest", "content-digest"]
    /// Headers of the request that carry digests of the file.
    package static let requestHeaders: Set = ["digest", "repr-digest"]

    /// Reads `algorithm=value` members separated by commas.
    ///
    /// - Parameter colons: whether a value is a byte sequence of RFC 8941 (`:…:`, parameters may follow) or bare base64.
    private mutating func addMembers(of text: String, source: String, colons: Bool) throws(MalformedDigest) {
        let malformed = MalformedDigest(source: source)
        for member in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let member = String(Self.trimmed(member)), let equals = member.firstIndex(of: "=") else {
                throw malformed
            }
            let algorithm = member[..<equals].lowercased()
            guard !algorithm.isEmpty, algorithm.utf8.allSatisfy(HeaderParameters.isToken) else { throw malformed }
            guard algorithm == "sha-256" || algorithm == "md5" else { continue }
            var value = member[member.index(after: equals)...]
            if colons {
                guard value.first == ":", let end = value.dropFirst().firstIndex(of: ":") else { throw malformed }
                let rest = value[value.index(after: end)...]
                guard rest.isEmpty || rest.first == ";" else { throw malformed }
                value = value.dropFirst()[..<end]
            }
            guard let digest = Base64.decode(value), digest.count == (algorithm == "md5" ? 16 : 32) else {
                throw malformed
            }
            if algorithm == "md5" { md5.append(digest) } else { sha256.append(digest) }
        }
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text.drop(while: HeaderParameters.isBlank)
        while let last = text.last, HeaderParameters.isBlank(last) { text.removeLast() }
        return text
    }
}

/// A digest of the client's that cannot be read.
package struct MalformedDigest: Error, Equatable {
    /// The header's lower-cased name, or the form field's name.
    package let source: String
}
