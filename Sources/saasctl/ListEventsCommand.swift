import Base
import Contract
import Domain

/// `saasctl events list`
struct ListEventsCommand: Command {
    private static let limit = 100

    static let syntax = Syntax(
        "events", "list", summary: "list events that wait for delivery, oldest first", options: [EventPlaces.option],
        explanation: "At most 100 of each database; how many there are is told by events status.")

    private let tenant: TenantID?

    init(_ arguments: Arguments) throws(UsageError) { tenant = try arguments.value(of: EventPlaces.option) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var rows = [["EVENT", "TYPE", "TENANT", "TIME", "TRIES", "LAST ERROR"]]
        try Installation(environment).withData { repositories throws(Failure) in
            try EventPlaces(repositories: repositories, tenant: tenant).forEach(console) { home throws(ErrorAnswer) in
                rows += try home.outbox.list(limit: Self.limit).map { entry in
                    [
                        entry.id.description, entry.type, entry.event?.tenantID.description ?? "-",
                        entry.event?.time.description ?? "-", "\(entry.attempts)",
                        entry.lastError?.singleLine ?? "-",
                    ]
                }
            }
        }
        for line in Table.lines(rows) { console.result(line) }
    }
}
