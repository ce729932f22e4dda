import Base
import Contract
import Domain

/// `saasctl events dlq`
struct ListDeadLettersCommand: Command {
    private static let limit = 100

    static let syntax = Syntax(
        "events", "dlq", summary: "list dead letters: events that were given up, and messages that are no events",
        options: [EventPlaces.option],
        explanation: """
            At most 100 of each database, newest first; then at most 100 messages of Kafka that
            were refused, named topic/partition/offset. Cure the cause, then saasctl events
            replay delivers them once more; what took effect before has none again.
            """)

    private let tenant: TenantID?

    init(_ arguments: Arguments) throws(UsageError) { tenant = try arguments.value(of: EventPlaces.option) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var rows = [["EVENT", "TYPE", "TENANT", "DIED", "TRIES", "FIRST FAILURE", "CAUSE"]]
        try Installation(environment).withData { repositories throws(Failure) in
            try EventPlaces(repositories: repositories, tenant: tenant).forEach(console) { home throws(ErrorAnswer) in
                rows += try home.deadLetters.list(limit: Self.limit).map { letter in
                    [
                        letter.id.description, letter.type, letter.tenantID.description, letter.death.description,
                        "\(letter.attempts)", letter.firstFailure.description, letter.cause.singleLine,
                    ]
                }
            }
        }
        if tenant == nil { rows += try refused(environment) }
        for line in Table.lines(rows) { console.result(line) }
    }

    private func refused(_ environment: Environment) throws(Failure) -> [[String]] {
        try Installation(environment).withData { repositories throws(Failure) in
            try repositories.read { main throws(ErrorAnswer) in
                try main.operations.rejected(after: nil, limit: Self.limit)
            }
        }.map { message in
            [
                message.place.description, "-", "-", message.time.description, "1", message.time.description,
                "\(message.cause.singleLine) (\(message.payloadBytes) bytes)",
            ]
        }
    }
}
