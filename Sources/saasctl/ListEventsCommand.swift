import Base
import Contract
import Domain

/// `saasctl events list`
struct ListEventsCommand: Command {
    private static let limit = 100

    static let syntax = Syntax(
        "events", "list", summary: "list events that wait for delivery, oldest first",
        options: [EventPlaces.option, .jsonList],
        explanation: "At most 100 of each database; how many there are is told by events status.")

    private let tenant: TenantID?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(of: EventPlaces.option)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var entries: [OutboxEntry] = []
        try Installation(environment).withData { repositories throws(Failure) in
            try EventPlaces(repositories: repositories, tenant: tenant).forEach(console) { home throws(ErrorAnswer) in
                entries += try home.outbox.list(limit: Self.limit)
            }
        }
        guard !asJSON else { return console.result(jsonArray: entries) }
        let rows = [["EVENT", "TYPE", "TENANT", "TIME", "TRIES", "LAST ERROR"]] + entries.map(\.cells)
        for line in Table.lines(rows) { console.result(line) }
    }
}
