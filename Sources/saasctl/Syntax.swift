/// How a command is written, and what it is for.
struct Syntax: Sendable {
    /// The words that name it, such as `tenants list`.
    let words: [String]
    /// One line.
    let summary: String
    let parameters: [Parameter]
    let options: [Option]
    /// What stands for the words that are no options, such as `FILE...`; nil for a command that takes none.
    let operands: String?
    /// What else a person should know, in lines of at most 80 characters; may be empty.
    let explanation: String

    init(
        _ words: String..., operands: String? = nil, summary: String, parameters: [Parameter] = [],
        options: [Option] = [], explanation: String = ""
    ) {
        self.words = words
        self.operands = operands
        self.summary = summary
        self.parameters = parameters
        self.options = options
        self.explanation = explanation
    }

    var name: String { words.joined(separator: " ") }

    /// The command with its options, as in a manual.
    var usage: String {
        let words = ["saasctl", name] + parameters.map(\.usage) + [operands].compactMap { $0 }
        return (words + options.map { "[\($0.usage)]" }).joined(separator: " ")
    }

    /// The whole text of `--help`.
    var help: String {
        let rows = (options + [.flag("help", "show this text")]).map { ["  \($0.usage)", $0.help] }
        let words = parameters.map { ["  \($0.name)", $0.help] }
        return
            ([usage, "", summary, ""] + (words.isEmpty ? [] : Table.lines(words) + [""]) + ["Options:"]
            + Table.lines(rows) + (explanation.isEmpty ? [] : ["", explanation])).joined(separator: "\n")
    }
}
