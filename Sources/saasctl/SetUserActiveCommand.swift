import Base
import Contract
import Domain

/// `saasctl users activate` and `saasctl users deactivate`
struct SetUserActiveCommand<Choice: UserActivity>: Command {
    static var syntax: Syntax {
        Syntax(
            "users", Choice.verb, summary: Choice.summary, parameters: [UserSelection.parameter], options: [.json])
    }

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
                // No password is hashed here.
                changed = try repositories.userOperator(passwordCost: 4).setActive(Choice.isActive, of: user.id)
            } catch {
                throw Failure(error)
            }
            if asJSON {
                console.result(json: changed)
            } else {
                console.result("user \(user.email.text): \(changed.isActive ? "active" : "inactive")")
            }
        }
    }
}

/// Which of the two the command is.
protocol UserActivity: Sendable {
    static var verb: String { get }
    static var summary: String { get }
    static var isActive: Bool { get }
}

enum UserMayEnter: UserActivity {
    static var verb: String { "activate" }
    static var summary: String { "let a user log in again" }
    static var isActive: Bool { true }
}

enum UserKeptOut: UserActivity {
    static var verb: String { "deactivate" }
    static var summary: String { "keep a user out, at once and everywhere" }
    static var isActive: Bool { false }
}
