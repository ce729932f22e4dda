import Base
import Contract
import Domain

/// `saasctl users deactivate`
struct DeactivateUserCommand: Command {
    static let syntax = Syntax(
        "users", "deactivate", summary: "keep a user out, at once and everywhere",
        parameters: [UserSelection.parameter],
        options: [.json])

    private let selection: UserSelection
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        selection = try arguments.value(at: UserSelection.parameter)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try Installation(environment).withData { repositories throws(Failure) in
            let user = try selection.find(in: repositories)
            let changed: User
            do throws(ErrorAnswer) {
                changed = try repositories.userOperator(passwordCost: 4).setActive(false, of: user.id)
            } catch {
                throw Failure(error)
            }
            if asJSON { console.result(json: changed) } else { console.result("user \(user.email.text): inactive") }
        }
    }
}
