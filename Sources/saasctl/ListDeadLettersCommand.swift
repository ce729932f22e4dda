import Base
import Contract
import Domain

/// `saasctl events dlq`
struct ListDeadLettersCommand: Command {
    private static let limit = 100

    static let syntax = Syntax(
        "events", "dlq", summary: "list dead letters: events that were given up, and messages that are no events",
        options: [EventPlaces.option, .jsonList],
        explanation: """
            At most 100 of each database, newest first; then at most 100 messages of Kafka that
            were refused, named topic/partition/offset. Cure the cause, then saasctl events
            replay delivers them once more; what took effect before has none again.
            """)

    private let tenant: TenantID?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(of: EventPlaces.option)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var items: [DeadItem] = []
        try Installation(environment).withData { repositories throws(Failure) in
            try EventPlaces(repositories: repositories, tenant: tenant).forEach(console) { home throws(ErrorAnswer) in
                items += try home.deadLetters.list(limit: Self.limit).map { .event($0) }
            }
            guard tenant == nil else { return }
            items += try repositories.read { main throws(ErrorAnswer) in
                try main.operations.rejected(after: nil, limit: Self.limit)
            }.map { .message($0) }
        }
        guard !asJSON else { return console.result(jsonArray: items) }
        let rows = [["EVENT", "TYPE", "TENANT", "DIED", "TRIES", "FIRST FAILURE", "CAUSE"]] + items.map(\.cells)
        for line in Table.lines(rows) { console.result(line) }
    }
}
