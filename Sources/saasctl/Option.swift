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

    /// The option of every command: its result is one JSON value, an object where nothing else is said.
    static let json = flag("json", "the result as one JSON object")
    /// The same option of commands that list.
    static let jsonList = flag("json", "the result as a JSON array, an object a line")

    /// As it is typed.
    var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }
}
