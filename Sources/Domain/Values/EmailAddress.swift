/// An email address, trimmed and lower-cased, at most 255 characters.
package struct EmailAddress: Hashable, Sendable {
    package let text: String

    /// - Throws: `InvalidValue` unless there is one `@` with a plausible local part and a dotted domain around it. What
    ///   nobody sees is in no address: it would make one that looks like somebody else's.
    package init(_ input: String) throws(InvalidValue) {
        let text = input.trimmed.lowercased()
        guard text.unicodeScalars.count <= 255 else { throw InvalidValue("must be at most 255 characters") }
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, (1...64).contains(halves[0].utf8.count), Self.isDomain(halves[1]),
            halves[0].unicodeScalars.allSatisfy({
                !$0.properties.isWhitespace && !$0.isControl && !$0.properties.isDefaultIgnorableCodePoint
                    && !"<>()[],;:\\\"".unicodeScalars.contains($0)
            })
        else { throw InvalidValue("must be an email address") }
        self.text = text
    }

    /// An address that was checked when it was stored.
    package init(stored text: String) { self.text = text }

    private static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.unicodeScalars.allSatisfy {
                        $0 == "-" || $0.properties.isAlphabetic || ("0"..."9").contains($0)
                    }
            }
    }
}
