/// A first or last name: trimmed, 1 to 100 characters, no control characters.
package struct PersonName: Hashable, Sendable {
    package let text: String

    package init(_ input: String) throws(InvalidValue) { text = try input.validatedName(limit: 100) }
    /// A name that was checked when it was stored.
    package init(stored text: String) { self.text = text }
}
