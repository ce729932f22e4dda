import Base
import Postgres

/// `saasctl pools`
struct ShowPoolsCommand: Command {
    static let syntax = Syntax(
        "pools", summary: "the processes' database connections: use, waits, time-outs", options: [.jsonList],
        explanation: """
            Processes tell every five seconds; one silent for 20 seconds is not shown. Waits are
            counted from the process's start.
            """)

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    private struct Pool: JSONWritable {
        static let names: [StaticString] = [
            "process", "budget", "open", "in_use", "waiting", "requests", "waits", "waited_ms", "longest_wait_ms",
            "timeouts", "evictions",
        ]
        let process: String
        let numbers: [Int64]

        init(_ row: Row) throws(PostgresError) {
            process = try row.decode(0)
            var numbers: [Int64] = []
            for column in 1..<Self.names.count { numbers.append(try row.decode(column)) }
            self.numbers = numbers
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("process", process)
                for (name, number) in zip(Self.names.dropFirst(), numbers) { json.member(name, number) }
            }
        }
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        var pools: [Pool] = []
        do throws(PostgresError) {
            for row in try installation.connect(to: installation.mainDatabase).execute(
                """
                SELECT process, budget, open, in_use, waiting, requests, waits, waited_ms, longest_wait_ms, timeouts,
                       evictions
                FROM connection_pools WHERE seen_at > now() - interval '20 seconds' ORDER BY process
                """)
            {
                pools.append(try Pool(row))
            }
        } catch {
            throw Failure(error)
        }
        if asJSON { return console.result(jsonArray: pools) }
        let header = [
            "PROCESS", "BUDGET", "OPEN", "IN USE", "WAITING", "REQUESTS", "WAITS", "WAITED MS", "LONGEST MS",
            "TIMEOUTS", "EVICTIONS",
        ]
        let rows = pools.map { pool in [pool.process] + pool.numbers.map { String($0) } }
        for line in Table.lines([header] + rows) { console.result(line) }
    }
}
