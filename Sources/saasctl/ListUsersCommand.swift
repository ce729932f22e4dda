import Base
import Contract
import Domain

/// `saasctl users list`
struct ListUsersCommand: Command {
    private static let pageSize = 500

    static let syntax = Syntax("users", "list", summary: "list all users, oldest first", options: [.jsonList])

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var users: [User] = []
        try Installation(environment).withData { repositories throws(Failure) in
            var page: [User]
            repeat {
                page = try repositories.read { main throws(ErrorAnswer) in
                    try main.users.list(after: users.last?.id, limit: Self.pageSize)
                }
                users += page
            } while page.count == Self.pageSize
        }
        guard !asJSON else { return console.result(jsonArray: users) }
        let rows = [["ID", "EMAIL", "NAME", "STATE", "CREATED"]] + users.map(\.cells)
        for line in Table.lines(rows) { console.result(line) }
    }
}
