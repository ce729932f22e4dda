/// A password as typed: at least 8 characters with a letter and a digit, none of the common ones; never logged, never
/// stored.
package struct Password: Sendable {
    package let text: String

    /// Checks a new password against the policy.
    package init(_ input: String) throws(InvalidValue) {
        guard input.unicodeScalars.count >= 8 else { throw InvalidValue("must be at least 8 characters") }
        guard input.unicodeScalars.count <= 1024 else { throw InvalidValue("must be at most 1024 characters") }
        guard input.unicodeScalars.contains(where: \.properties.isAlphabetic) else {
            throw InvalidValue("must contain a letter")
        }
        guard input.unicodeScalars.contains(where: { $0.properties.numericType == .decimal }) else {
            throw InvalidValue("must contain a digit")
        }
        guard !input.utf8.contains(0) else { throw InvalidValue("must not contain a null character") }
        guard !CommonPasswords.contains(input) else { throw InvalidValue("is one of the most common passwords") }
        text = input
    }

    /// Whether the password is this address, or its name with some digits and signs around it.
    package func isMade(of email: EmailAddress) -> Bool {
        let lower = text.lowercased()
        let name = email.text.prefix { $0 != "@" }
        return lower == email.text || lower == name || Self.core(of: lower) == Self.core(of: String(name))
    }

    /// What is left between leading and trailing characters that are no letters.
    private static func core(of text: String) -> Substring {
        var core = text[...]
        while let first = core.first, !first.isLetter { core.removeFirst() }
        while let last = core.last, !last.isLetter { core.removeLast() }
        return core
    }
}
