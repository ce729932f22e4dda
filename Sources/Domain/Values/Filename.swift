/// A document's name: 1 to 255 characters, no path separators, no control characters, not `.` or `..`.
package struct Filename: Hashable, Sendable {
    package let text: String

    package init(_ input: String) throws(InvalidValue) {
        let text = try input.validatedName(limit: 255)
        // By scalar: a separator joined by a combining mark is another character, but the same byte.
        guard !text.unicodeScalars.contains(where: Self.isSeparator) else {
            throw InvalidValue("must not contain path separators")
        }
        guard text != ".", text != ".." else { throw InvalidValue("must not be a directory name") }
        self.text = text
    }

    /// A name that was checked when it was stored.
    package init(stored text: String) { self.text = text }

    /// The name a browser sent with a file: what follows the last path separator.
    package init(lastComponentOf path: String) throws(InvalidValue) {
        try self.init(path.unicodeScalars.split(whereSeparator: Self.isSeparator).last.map { String($0) } ?? "")
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool { scalar == "/" || scalar == "\\" }

    /// What follows the last dot, lower-cased; empty when there is none.
    package var fileExtension: String {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex else { return "" }
        return text[text.index(after: dot)...].lowercased()
    }
}
