package import Base
package import Postgres

/// The migrations of one database, applied and pending.
struct MigrationHistory {
    let statuses: [MigrationStatus]

    /// The highest one applied; 0 for none.
    var version: Int { statuses.filter { $0.state != .pending }.map(\.version).max() ?? 0 }
    var pending: Int { statuses.count { $0.state == .pending } }

    func show(asJSON: Bool, _ console: Console) {
        if asJSON { return console.result(jsonArray: statuses) }
        let rows = statuses.map { ["\($0.version)", $0.name, $0.word, $0.appliedAt.map { "\($0.prefix(19))Z" } ?? ""] }
        for line in Table.lines([["VERSION", "NAME", "STATE", "APPLIED"]] + rows) { console.result(line) }
    }
}

extension MigrationStatus: JSONWritable {
    /// One word for the state.
    var word: String {
        switch state {
        case .applied: "applied"
        case .pending: "pending"
        case .changed: "changed"
        case .unknown: "newer release"
        }
    }

    var appliedAt: String? {
        if case .applied(let time) = state { time.description } else { nil }
    }

    /// version, name, state, applied_at.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("version", Int64(version))
            json.member("name", name)
            json.member("state", word)
            json.member("applied_at", appliedAt)
        }
    }
}
