/// What one command was told: its parameters, its options, each known and at most once, with a value exactly where it
/// takes one, and operands where it takes some.
struct Arguments {
    /// The words that are no options, in their order.
    private(set) var operands: [String] = []
    private var values: [String: String] = [:]
    private var words: [String: String] = [:]

    /// Reads `--name`, `--name value` and `--name=value` in any order, and the parameters between them in theirs. What
    /// stands behind `--` is a parameter, whatever it looks like.
    ///
    /// - Throws: `UsageError` at the first word that is none of them, and for a parameter that is missing.
    init(
        _ words: some Collection<String>, for options: [Option], parameters: [Parameter] = [],
        takesOperands: Bool = false
    ) throws(UsageError) {
        var rest = words[...]
        var open = parameters[...]
        var takesOptions = true
        while let word = rest.popFirst() {
            if takesOptions, word == "--", takesOperands || !parameters.isEmpty {
                takesOptions = false
            } else if takesOptions, word.hasPrefix("-"), word != "-" {
                try take(option: word, of: options, next: &rest)
            } else if let parameter = open.popFirst() {
                self.words[parameter.name] = word
            } else {
                guard takesOperands, !word.isEmpty else { throw UsageError("unexpected argument \(word)") }
                operands.append(word)
            }
        }
        if let missing = open.first, !missing.isOptional { throw UsageError("\(missing.name) is missing") }
    }

    /// Whether the option is there.
    func has(_ option: Option) -> Bool { values[option.name] != nil }

    /// The option's value; nil when the option is not there.
    ///
    /// - Throws: `UsageError` when the value is not of the type.
    func value<Value: ArgumentValue>(of option: Option, as type: Value.Type = Value.self) throws(UsageError) -> Value? {
        guard let text = values[option.name] else { return nil }
        guard let value = Value(argument: text) else { throw UsageError("--\(option.name) must be \(Value.form)") }
        return value
    }

    /// The option's value as it was typed; nil when the option is not there.
    func text(of option: Option) -> String? { values[option.name] }

    /// The word at the parameter's place; nil when an optional one was left out.
    func word(_ parameter: Parameter) -> String? { words[parameter.name] }

    /// The word at the parameter's place as a value.
    ///
    /// - Throws: `UsageError` when the word is not of the type, or not there.
    func value<Value: ArgumentValue>(
        at parameter: Parameter, as type: Value.Type = Value.self
    ) throws(UsageError) -> Value {
        guard let text = words[parameter.name] else { throw UsageError("\(parameter.name) is missing") }
        guard let value = Value(argument: text) else { throw UsageError("\(parameter.name) must be \(Value.form)") }
        return value
    }

    private mutating func take<Words: Collection<String>>(
        option word: String, of options: [Option], next rest: inout Words
    ) throws(UsageError) where Words.SubSequence == Words {
        guard word.hasPrefix("--"), word != "--" else { throw UsageError("unknown option \(word)") }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let option = options.first(where: { $0.name == parts[0] }) else {
            let near = Nearest.word(to: String(parts[0]), of: options.map(\.name))
            throw UsageError("unknown option --\(parts[0])" + (near.map { "; did you mean --\($0)?" } ?? ""))
        }
        guard values[option.name] == nil else { throw UsageError("--\(option.name) is given twice") }
        values[option.name] = try Self.value(of: option, joined: parts.dropFirst().first, next: &rest)
    }

    private static func value<Words: Collection<String>>(
        of option: Option, joined: Substring?, next: inout Words
    ) throws(UsageError) -> String where Words.SubSequence == Words {
        guard let placeholder = option.placeholder else {
            guard joined == nil else { throw UsageError("--\(option.name) takes no value") }
            return ""
        }
        if let joined, !joined.isEmpty { return String(joined) }
        // An option where a value should be: the value was forgotten.
        guard joined == nil, let value = next.popFirst(), !value.isEmpty, !value.hasPrefix("--") else {
            throw UsageError("--\(option.name) needs a value: \(placeholder)")
        }
        return value
    }
}
