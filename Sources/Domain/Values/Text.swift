extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var scalars = Substring(self).unicodeScalars
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }

    /// Trimmed text of one to `limit` characters (Unicode scalars) without control characters.
    ///
    /// - Throws: `InvalidValue` otherwise.
    func validatedName(limit: Int) throws(InvalidValue) -> String {
        let text = trimmed
        // What is made of invisible characters alone looks empty. Inside a name they have their uses (joiners).
        guard
            text.unicodeScalars.contains(where: {
                !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
            })
        else {
            throw InvalidValue("must not be empty")
        }
        guard text.unicodeScalars.count <= limit else { throw InvalidValue("must be at most \(limit) characters") }
        guard !text.unicodeScalars.contains(where: \.isControl) else {
            throw InvalidValue("must not contain control characters")
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Control characters, and the invisible ones that reorder text or break lines.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
