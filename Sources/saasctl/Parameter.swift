/// A word that a command takes in its place, such as a tenant's id.
struct Parameter: Sendable {
    /// As it stands in usage texts: ID.
    let name: String
    let help: String
    /// Whether it may be left out; only the last ones may.
    let isOptional: Bool

    init(_ name: String, _ help: String, isOptional: Bool = false) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
    }

    /// As it is typed.
    var usage: String { isOptional ? "[\(name)]" : name }
}
