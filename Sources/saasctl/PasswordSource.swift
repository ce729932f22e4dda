import Domain

/// Where a new password comes from: typed, a line of standard input, or made up. Never an argument, which every process
/// of the machine could read.
struct PasswordSource {
    static let fromInput = Option.flag("password-stdin", "read the password from standard input, one line")
    static let generated = Option.flag("generate", "make a password up and show it once")

    private let readsInput: Bool
    private let generates: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        readsInput = arguments.has(Self.fromInput)
        generates = arguments.has(Self.generated)
        guard !readsInput || !generates else { throw UsageError("--password-stdin or --generate, not both") }
    }

    /// A new password.
    struct Given {
        let value: Password
        /// Whether it was made up, so that it has to be shown, and to be changed.
        let isGenerated: Bool

        /// How long it is good for; nil is no limit.
        var lifetime: Duration? { isGenerated ? GeneratedPassword.lifetime : nil }
    }

    /// Reads it, asks for it, or makes it up. Blocks while somebody types.
    func password(_ console: Console) throws(Failure) -> Given {
        if generates { return Given(value: GeneratedPassword.make(), isGenerated: true) }
        if readsInput {
            guard let line = readLine(strippingNewline: true) else { throw .failed("standard input has no password") }
            do { return Given(value: try Password(line), isGenerated: false) } catch {
                throw .failed("the password \(error.sentence)")
            }
        }
        guard let terminal = Terminal(console) else {
            throw .failed("there is no terminal to ask on; say --password-stdin or --generate")
        }
        return Given(value: try terminal.askNewPassword(), isGenerated: false)
    }
}
