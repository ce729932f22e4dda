/// An option that a command takes: `--name`, or `--name VALUE`.
struct Option: Sendable {
    let name: String
    /// What stands for the value in usage texts; nil for one that takes none.
    let placeholder: String?
    let help: String

    /// One that is there or not.
    static func flag(_ name: String, _ help: String) -> Option { Option(name: name, placeholder: nil, help: help) }

    /// One with a value.
    static func value(_ name: String, _ placeholder: String, _ help: String) -> Option {
        Option(name: name, placeholder: placeholder, help: help)
    }

    /// The option of every command whose results other programs may read.
    static let json = flag("json", "results as JSON")

    /// As it is typed.
    var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }
}
