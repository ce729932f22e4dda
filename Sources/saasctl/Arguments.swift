/// What one command was told: options, each known, at most once, with a value exactly where it takes one, and operands
/// where it takes some.
struct Arguments {
    /// The words that are no options, in their order.
    private(set) var operands: [String] = []
    private var values: [String: String] = [:]

    /// Reads `--name`, `--name value` and `--name=value` in any order.
    ///
    /// With operands they may stand between the options; what follows `--` is operands only.
    ///
    /// - Throws: `UsageError` at the first word that is none of the options and can be no operand.
    init(_ words: some Collection<String>, for options: [Option], takesOperands: Bool = false) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if takesOperands, word == "--" {
                operands += rest
                return
            }
            if takesOperands, !word.hasPrefix("-"), !word.isEmpty {
                operands.append(word)
                continue
            }
            guard word.hasPrefix("--"), word != "--" else {
                throw UsageError(word.hasPrefix("-") ? "unknown option \(word)" : "unexpected argument \(word)")
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = options.first(where: { $0.name == parts[0] }) else {
                throw UsageError("unknown option --\(parts[0])")
            }
            guard values[option.name] == nil else { throw UsageError("--\(option.name) is given twice") }
            values[option.name] = try Self.value(of: option, joined: parts.dropFirst().first, next: &rest)
        }
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
