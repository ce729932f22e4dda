import Base
import Contract
import Domain

/// `saasctl users reset-password`
struct ResetPasswordCommand: Command {
    static let syntax = Syntax(
        "users", "reset-password", summary: "give a user a new password", parameters: [UserSelection.parameter],
        options: [PasswordSource.fromInput, PasswordSource.generated, .json],
        explanation: """
            All sessions of the user end. The password is asked for on the terminal unless it
            is said where it comes from.
            """)

    private let selection: UserSelection
    private let source: PasswordSource
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        selection = try arguments.value(at: UserSelection.parameter)
        source = try PasswordSource(arguments)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let cost = try PasswordCost.read(environment)
        try installation.withData { repositories throws(Failure) in
            let user = try selection.find(in: repositories)
            let password = try source.password(console)
            do throws(ErrorAnswer) {
                try repositories.userOperator(passwordCost: cost)
                    .setPassword(password.value, of: user.id, lifetime: password.lifetime)
            } catch {
                throw Failure(error)
            }
            PasswordCost.tell(
                console, user: user, outcome: "has a new password",
                generated: password.isGenerated ? password.value : nil, asJSON: asJSON)
        }
    }
}
