extension JSONValue {
    /// Whether any text in the value, names of members included, holds U+0000.
    package var hasNullCharacter: Bool {
        switch self {
        case .null, .bool, .integer, .number: false
        case .string(let text): text.utf8.contains(0)
        case .array(let values): values.contains(where: \.hasNullCharacter)
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.hasNullCharacter }
        }
    }
}
