import Base
import Contract
import Domain

/// `saasctl users show`
struct ShowUserCommand: Command {
    static let syntax = Syntax(
        "users", "show", summary: "show a user and the tenants that the user belongs to",
        parameters: [UserSelection.parameter], options: [.json])

    private let selection: UserSelection
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        selection = try arguments.value(at: UserSelection.parameter)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let (user, memberships) = try Installation(environment).withData { repositories throws(Failure) in
            let user = try selection.find(in: repositories)
            let memberships = try repositories.read { main throws(ErrorAnswer) in
                try main.memberships.memberships(
                    of: user.id, states: [.ready, .suspended, .deleting], page: PageRequest(perPage: 100))
            }
            return (user, memberships)
        }
        guard !asJSON else {
            return console.result(json: UserReport(user: user, memberships: memberships.elements))
        }
        var rows = [
            ["id", user.id.description], ["email", user.email.text],
            ["name", "\(user.firstName.text) \(user.lastName.text)"],
            ["state", user.isActive ? "active" : "inactive"], ["created", user.createdAt.description],
            ["tenants", "\(memberships.total)"],
        ]
        rows += memberships.elements.map {
            ["", "\($0.tenant.id)  \($0.tenant.name.text)  \($0.role.rawValue)  \($0.tenant.state.rawValue)"]
        }
        for line in Table.lines(rows) { console.result(line) }
    }
}

/// A user with memberships as JSON.
private struct UserReport: JSONWritable {
    let user: User
    let memberships: [Membership]

    func write(to json: inout JSONWriter) {
        json.object { json in
            user.writeMembers(to: &json)
            json.key("tenants")
            json.array(memberships) { json, membership in
                json.object { json in
                    json.member("id", membership.tenant.id)
                    json.member("name", membership.tenant.name.text)
                    json.member("state", membership.tenant.state.rawValue)
                    json.member("role", membership.role.rawValue)
                    json.member("joined_at", membership.joinedAt)
                }
            }
        }
    }
}
