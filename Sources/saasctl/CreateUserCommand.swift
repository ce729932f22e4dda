import Base
import Contract
import Domain

/// `saasctl users create`
struct CreateUserCommand: Command {
    private static let email = Parameter("EMAIL", "the address to log in with")
    private static let firstName = Option.value("first-name", "NAME", "needed")
    private static let lastName = Option.value("last-name", "NAME", "needed")

    static let syntax = Syntax(
        "users", "create", summary: "make an account", parameters: [email],
        options: [firstName, lastName, PasswordSource.fromInput, PasswordSource.generated, .json],
        explanation: "The password is asked for on the terminal unless it is said where it comes from.")

    private let email: EmailAddress
    private let firstName: PersonName
    private let lastName: PersonName
    private let source: PasswordSource
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        email = try arguments.value(at: Self.email)
        guard let first = try arguments.value(of: Self.firstName, as: PersonName.self),
            let last = try arguments.value(of: Self.lastName, as: PersonName.self)
        else { throw UsageError("--first-name and --last-name are needed") }
        firstName = first
        lastName = last
        source = try PasswordSource(arguments)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        let cost = try PasswordCost.read(environment)
        let password = try source.password(console)
        try installation.withData { repositories throws(Failure) in
            let user: User
            do throws(ErrorAnswer) {
                user = try repositories.auth(passwordCost: cost).register(
                    firstName: firstName, lastName: lastName, email: email, password: password.value,
                    passwordLifetime: password.lifetime)
            } catch  where error.code == .emailTaken {
                throw .failed("there is a user \(email.text) already")
            } catch {
                throw Failure(error)
            }
            PasswordCost.tell(
                console, user: user, outcome: "created", generated: password.isGenerated ? password.value : nil,
                asJSON: asJSON)
        }
    }
}
