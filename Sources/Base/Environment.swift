import Glibc

/// The settings a process was started with, read by name, old names accepted as aliases.
///
/// Reads never throw: every bad value is collected and `problems` lists them all at once. An empty value counts as
/// absent.
package struct Environment {
    private var values: [String: String]
    /// One sentence for each bad or missing setting read so far; never holds a secret's value.
    package private(set) var problems: [String] = []

    /// An environment of these values, for tests and for files.
    package init(_ values: [String: String]) { self.values = values.filter { !$0.value.isEmpty } }

    /// The process's own environment. Not thread-safe against setenv; call at start.
    package static func process() -> Environment {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let separator = text.firstIndex(of: "=") {
                values[String(text[..<separator])] = String(text[text.index(after: separator)...])
            }
            entry += 1
        }
        return Environment(values)
    }

    /// The first of the names that is set.
    package func string(_ names: String...) -> String? { lookup(names)?.value }

    /// Like `string`, and a problem when none is set.
    package mutating func required(_ names: String...) -> String {
        if let found = lookup(names) { return found.value }
        problems.append("\(names[0]) is not set")
        return ""
    }

    /// A whole number within the range; the default when unset, and a problem (with the default) when it is not one.
    package mutating func integer(_ names: String..., default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let found = lookup(names) else { return fallback }
        guard let number = Int(found.value), range.contains(number) else {
            problems.append(
                "\(found.name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// true/false, yes/no, on/off, 1/0 in any case; a problem (with the default) when it is none of them.
    package mutating func flag(_ names: String..., default fallback: Bool) -> Bool {
        guard let found = lookup(names) else { return fallback }
        switch found.value.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default:
            problems.append("\(found.name) must be true or false")
            return fallback
        }
    }

    /// One of a few words, matched in any case; a problem (with the default) when it is none of them.
    package mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ names: String..., default fallback: Choice
    ) -> Choice {
        guard let found = lookup(names) else { return fallback }
        guard let choice = Choice(rawValue: found.value.lowercased()) else {
            problems.append("\(found.name) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
            return fallback
        }
        return choice
    }

    /// The settings whose names begin with the prefix, by the rest of their names, sorted.
    package func settings(prefix: String) -> [(name: String, value: String)] {
        values.filter { $0.key.hasPrefix(prefix) && $0.key.utf8.count > prefix.utf8.count }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
            .sorted { $0.0 < $1.0 }
    }

    /// Puts a value in, or takes it out, before anything is read: for settings that come from elsewhere.
    package mutating func set(_ name: String, to value: String?) {
        values[name] = value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Adds a problem that a caller found in combined settings.
    package mutating func report(_ problem: String) { problems.append(problem) }

    private func lookup(_ names: [String]) -> (name: String, value: String)? {
        for name in names {
            if let value = values[name] { return (name, value) }
        }
        return nil
    }
}

/// The settings are unusable; `problems` has one sentence for each.
package struct ConfigurationError: Error {
    package let problems: [String]
    package init(problems: [String]) { self.problems = problems }
}
