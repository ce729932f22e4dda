import Base

/// One command of the program: how it is written, what it was told, what it does.
protocol Command: Sendable {
    static var syntax: Syntax { get }

    /// Whether it is given the settings, from wherever they come, rather than the process's environment as it is.
    static var readsSettings: Bool { get }

    /// - Throws: `UsageError` for values that are not of their form.
    init(_ arguments: Arguments) throws(UsageError)

    /// Does the work. Blocks; results go to standard output, everything else to standard error.
    func run(_ environment: Environment, _ console: Console) throws(Failure)
}

extension Command {
    static var readsSettings: Bool { true }
}
