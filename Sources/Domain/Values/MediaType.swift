/// A MIME type `type/subtype` without parameters, lower-cased, at most 100 characters (RFC 6838 section 4.2).
package struct MediaType: Hashable, Sendable {
    package let text: String

    package init(_ input: String) throws(InvalidValue) {
        let text = input.trimmed.lowercased()
        guard text.utf8.count <= 100 else { throw InvalidValue("must be at most 100 characters") }
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy(Self.isRestrictedName) else {
            throw InvalidValue("must be a MIME type of the form type/subtype")
        }
        self.text = text
    }

    /// A type that was checked when it was stored, or a literal of ours.
    package init(stored text: String) { self.text = text }

    /// The type in a Content-Type header's value, its parameters dropped.
    package init(header value: String) throws(InvalidValue) {
        try self.init(String(value.prefix { $0 != ";" }))
    }

    private static func isRestrictedName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, Self.isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { Self.isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
