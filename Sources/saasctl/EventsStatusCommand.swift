import Base
import Contract
import Domain

/// `saasctl events status`
struct EventsStatusCommand: Command {
    static let syntax = Syntax(
        "events", "status", summary: "what waits, what is dead, and how the event workers stand", options: [.json],
        explanation: """
            Waiting and dead events are as the workers last saw them. A worker that has been
            silent for 30 seconds is not shown. Exit status 1 when no worker runs or one has
            stopped giving up events.
            """)

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let now = SystemClock().now()
        let (backlog, workers) = try Installation(environment).withData { repositories throws(Failure) in
            try repositories.read { main throws(ErrorAnswer) in
                (try main.operations.totalBacklog(), try main.operations.heartbeats(since: now - .seconds(30)))
            }
        }
        if asJSON {
            console.result(json: Report(backlog: backlog, workers: workers))
        } else {
            let oldest = backlog.oldest.map { "\(max(0, (now - $0).components.seconds)) s" } ?? "-"
            let rows =
                [
                    ["pending", "\(backlog.pending)"], ["oldest", oldest], ["dead", "\(backlog.dead)"],
                    ["workers", "\(workers.count)"],
                ]
                + workers.map {
                    [
                        "  \($0.worker)",
                        "kafka \($0.broker.rawValue), lag \($0.lag.map(String.init) ?? "-"), \($0.alarm ?? "no alarm")",
                    ]
                }
            for line in Table.lines(rows) { console.result(line) }
        }
        if workers.isEmpty || workers.contains(where: { $0.alarm != nil }) { throw .reported(.failure) }
    }

    private struct Report: JSONWritable {
        let backlog: EventBacklog
        let workers: [WorkerHeartbeat]

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("pending", backlog.pending)
                json.member("oldest", backlog.oldest)
                json.member("dead", backlog.dead)
                json.key("workers")
                json.array(workers) { json, worker in
                    json.object { json in
                        json.member("worker", worker.worker)
                        json.member("seen_at", worker.seen)
                        json.member("kafka", worker.broker.rawValue)
                        json.member("lag", worker.lag)
                        json.member("alarm", worker.alarm)
                    }
                }
            }
        }
    }
}
