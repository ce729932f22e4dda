/// A password as typed: at least 8 characters with a letter and a digit; never logged, never stored.
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
        text = input
    }
}
