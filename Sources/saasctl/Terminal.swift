import Domain
import Glibc

/// Questions to the person at the terminal.
struct Terminal {
    private let console: Console

    /// Nil when standard input is no terminal.
    init?(_ console: Console) {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        self.console = console
    }

    /// Asks until the answer is a value; an empty answer stands for the default.
    func ask<Value>(
        _ label: String, default usual: String? = nil, _ make: (String) throws(InvalidValue) -> Value
    ) throws(Failure) -> Value {
        while true {
            console.prompt(usual.map { "\(label) [\($0)]: " } ?? "\(label): ")
            let line = try readLine()
            do {
                return try make(line.isEmpty ? usual ?? "" : line)
            } catch {
                console.note("\(label) \(error.sentence).")
            }
        }
    }

    /// Asks twice for a new password, without echo, until both are the same and good enough.
    func askNewPassword() throws(Failure) -> Password {
        while true {
            let typed = try readHidden("Password: ")
            let password: Password
            do {
                password = try Password(typed)
            } catch {
                console.note("Password \(error.sentence).")
                continue
            }
            if try readHidden("Password again: ") == typed { return password }
            console.note("The two are not the same.")
        }
    }

    /// Asks once, without echo.
    func askPassword() throws(Failure) -> String { try readHidden("Password: ") }

    private func readHidden(_ prompt: String) throws(Failure) -> String {
        try TerminalEcho.off { () throws(Failure) in
            console.prompt(prompt)
            let line = try readLine()
            // The newline that was typed was not shown either.
            console.prompt("\n")
            return line
        }
    }

    /// A line of standard input without its end.
    private func readLine() throws(Failure) -> String {
        guard let line = Swift.readLine(strippingNewline: true) else { throw Failure.failed("no answer was given") }
        // What was not UTF-8 has been replaced: as a password it would be one that nobody can type.
        guard !line.unicodeScalars.contains("\u{FFFD}") else { throw Failure.failed("the answer is not UTF-8 text") }
        return line
    }
}
