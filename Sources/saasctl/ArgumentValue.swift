import Base

/// A type that an option's value can have.
protocol ArgumentValue {
    /// What a value must be, for messages: "a UUID".
    static var form: String { get }
    /// Nil when the text is not of that form.
    init?(argument: String)
}

extension Identifier: ArgumentValue {
    static var form: String { "a UUID" }
    init?(argument: String) { self.init(argument) }
}

extension String: ArgumentValue {
    static var form: String { "a text" }
    init?(argument: String) { self = argument }
}
