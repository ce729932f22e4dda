import Base
import Contract
import Domain

/// `saasctl events replay`
struct ReplayEventsCommand: Command {
    private static let event = Option.value("event", "ID", "this event alone")
    private static let message = Option.value("message", "PLACE", "a refused message, topic/partition/offset")
    private static let all = Option.flag("all", "all dead letters and refused messages")
    private static let wait = Option.flag("wait", "until the event worker has taken them, at most 30 seconds")

    static let syntax = Syntax(
        "events", "replay", summary: "have dead letters delivered once more",
        options: [event, EventPlaces.option, message, all, wait, .json],
        explanation: """
            Asks the event worker, which puts them back to be delivered like new events:
            same handlers, same guard against a second effect. One of --event, --tenant,
            --message and --all must be given. A refused message is judged anew: it stays
            where it is when it is no event still.
            """)

    private let event: EventID?
    private let tenant: TenantID?
    private let message: MessagePlace?
    private let waits: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        event = try arguments.value(of: Self.event)
        tenant = try arguments.value(of: EventPlaces.option)
        message = try arguments.value(of: Self.message)
        waits = arguments.has(Self.wait)
        asJSON = arguments.has(.json)
        guard event != nil || tenant != nil || message != nil || arguments.has(Self.all) else {
            throw UsageError("--event, --tenant, --message or --all is needed")
        }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try Installation(environment).withData { repositories throws(Failure) in
            let scope: ReplayRequest.Scope = message.map { .rejected($0) } ?? tenant.map { .tenant($0) } ?? .everywhere
            let id: Int64
            do throws(ErrorAnswer) {
                id = try repositories.data.inMain(.write) { main throws(ErrorAnswer) in
                    try main.operations.requestReplay(scope, event: event, at: SystemClock().now())
                }
            } catch {
                throw Failure(error)
            }
            guard waits else { return tell(request: id, replayed: nil, console) }
            let deadline = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < deadline {
                let replayed = try repositories.read { main throws(ErrorAnswer) in try main.operations.replayed(id) }
                if let replayed { return tell(request: id, replayed: replayed, console) }
                Pause.sleep(.milliseconds(200))
            }
            throw .failed("no event worker has taken the request \(id) yet; it stays open")
        }
    }

    /// - Parameter replayed: how many were put back; nil when nobody waited for it.
    private func tell(request id: Int64, replayed: Int?, _ console: Console) {
        if asJSON {
            let count = replayed.map { JSONValue.integer(Int64($0)) } ?? .null
            console.result(json: JSONValue.object(["request": .integer(id), "replayed": count]))
        } else {
            console.result(replayed.map { "replayed: \($0)" } ?? "requested: \(id)")
        }
    }
}
