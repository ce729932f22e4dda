/// The name of a database, role, table or channel that is safe to stand in SQL text.
///
/// Only `[a-z_][a-z0-9_]{0,62}`: what PostgreSQL neither folds, cuts (63 bytes) nor needs to escape.
package struct SQLIdentifier: Hashable, Sendable {
    /// The bare name, without quotes.
    package let name: String

    /// Nil when the text is not of that form.
    package init?(_ name: String) {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= 63, Self.isLetter(first),
            bytes.allSatisfy({ Self.isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.name = name
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}

extension SQLIdentifier: CustomStringConvertible {
    /// The bare name, without quotes.
    package var description: String { name }
}
