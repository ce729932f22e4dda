/// A tenant's name: trimmed, 1 to 255 characters, no control characters.
package struct TenantName: Hashable, Sendable {
    package let text: String

    package init(_ input: String) throws(InvalidValue) { text = try input.validatedName(limit: 255) }
    /// A name that was checked when it was stored.
    package init(stored text: String) { self.text = text }
}
