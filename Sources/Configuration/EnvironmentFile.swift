/// A file of `NAME=value` lines, as `.env` is. Nothing in it is executed.
///
/// Blanks around name and value do not count, quotes around a value are taken off, `export ` before a name and comments
/// (`#` at a line's start, or after a blank behind an unquoted value) are left out; lines of another form are ignored.
package struct EnvironmentFile: Sendable {
    /// One assignment, and the number of its line from 0 on.
    package struct Entry: Sendable {
        package let line: Int
        package let name: String
        package let value: String
    }

    package let lines: [String]
    package let entries: [Entry]

    package init(_ text: String) {
        lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        entries = lines.enumerated().compactMap { number, line in
            Self.assignment(line).map { Entry(line: number, name: $0.name, value: $0.value) }
        }
    }

    /// The values by name; the first assignment of a name counts.
    package var values: [String: String] {
        Dictionary(entries.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private static func assignment(_ line: String) -> (name: String, value: String)? {
        var rest = line.trimmingBlanks
        if rest.hasPrefix("export "), let name = Optional(rest.dropFirst(7)) { rest = name.trimmingBlanks }
        guard let sign = rest.firstIndex(of: "=") else { return nil }
        let name = rest[..<sign].trimmingBlanks
        guard let first = name.utf8.first, isLetter(first), name.utf8.allSatisfy({ isLetter($0) || isDigit($0) })
        else { return nil }
        return (String(name), value(rest[rest.index(after: sign)...].trimmingBlanks))
    }

    private static func value(_ text: Substring) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        var isAfterBlank = false
        for index in text.indices {
            if text[index] == "#", isAfterBlank { return String(text[..<index].trimmingBlanks) }
            isAfterBlank = text[index] == " " || text[index] == "\t"
        }
        return String(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension StringProtocol {
    /// Without blanks, tabs and carriage returns at both ends.
    fileprivate var trimmingBlanks: Substring {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
        while let last = rest.last, last == " " || last == "\t" || last == "\r" || last == "\r\n" {
            rest = rest.dropLast()
        }
        return Substring(rest)
    }
}
