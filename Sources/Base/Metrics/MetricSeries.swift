/// What one process, or all of a host together, have counted under one name and one set of labels.
package struct MetricSeries: Equatable, Sendable {
    /// The raw value stands at the head of a line of text.
    package enum Kind: Character, Sendable {
        case counter = "c"
        case gauge = "g"
        /// One value for each upper bound, one for what is above them, then the sum.
        case histogram = "h"
        /// Counters with one more label, whose values stand in `variants`; those at zero are not shown.
        case counters = "v"
    }

    package let kind: Kind
    package let name: String
    /// As they are shown, without braces: `method="GET",route="/health"`.
    package let labels: String
    /// A histogram's upper bounds as they are shown; the label and its values, `status=200,201`, of `counters`.
    package let variants: String
    /// What one of the unit shown is in the unit of `values`: 1000000 for seconds that are kept as microseconds.
    package let scale: Int64
    /// For people; empty when another series of the same name has it.
    package let help: String
    package var values: [UInt64]

    package init(
        kind: Kind, name: String, labels: String, variants: String, scale: Int64, help: String, values: [UInt64]
    ) {
        self.kind = kind
        self.name = name
        self.labels = labels
        self.variants = variants
        self.scale = scale
        self.help = help
        self.values = values
    }

    /// Where the numbers of a line are: in the cells of a file, or in the line itself.
    static func parse(
        _ line: some StringProtocol, values: (_ place: Substring) -> [UInt64]?
    ) -> MetricSeries? {
        let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 7, let kind = fields[0].first.flatMap(Kind.init(rawValue:)), let scale = Int64(fields[2]),
            scale > 0, !fields[3].isEmpty, let found = values(fields[1])
        else { return nil }
        return MetricSeries(
            kind: kind, name: String(fields[3]), labels: String(fields[4]), variants: String(fields[5]), scale: scale,
            help: String(fields[6]), values: found)
    }

    /// The line that `parse` reads.
    func line(place: String) -> String {
        "\(kind.rawValue)\t\(place)\t\(scale)\t\(name)\t\(labels)\t\(variants)\t\(help)\n"
    }

    /// The line with its numbers in it.
    var line: String { line(place: values.map(String.init).joined(separator: ",")) }

    /// Reads a line with its numbers in it.
    static func parse(_ line: some StringProtocol) -> MetricSeries? {
        parse(line) { place in
            let numbers = place.split(separator: ",").map { UInt64($0) }
            return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
        }
    }

    /// Labels as text, with what the format wants escaped in their values; tabs, which part our own fields, are blanks.
    package static func text(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            var escaped = ""
            for character in value.unicodeScalars {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                case "\t": escaped += " "
                default: escaped.unicodeScalars.append(character)
                }
            }
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
    }
}
