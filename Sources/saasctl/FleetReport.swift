import Base
import Domain

/// What a run over the tenants has done.
struct FleetReport: JSONWritable {
    let outcomes: [TenantMigration.Outcome]
    let duration: Duration

    func count(_ status: TenantMigration.Outcome.Status) -> Int { outcomes.count { $0.status == status } }

    /// A table of the tenants that were not up to date, and a line of sums.
    var lines: [String] {
        let changed = outcomes.filter { $0.status != .current && $0.status != .notTried }
        let rows = changed.map { outcome in
            [
                outcome.tenant.id.description, outcome.tenant.database.name, outcome.from.map(String.init) ?? "?",
                outcome.to.map(String.init) ?? "?", outcome.status.rawValue, "\(outcome.duration.milliseconds)",
            ]
        }
        let table = rows.isEmpty ? [] : Table.lines([["TENANT", "DATABASE", "FROM", "TO", "STATUS", "MS"]] + rows)
        var sums = "\(count(.migrated)) migrated, \(count(.current)) up to date, \(count(.failed)) failed"
        if count(.notTried) > 0 { sums += ", \(count(.notTried)) not tried" }
        return table + [sums]
    }

    /// A line for each failure.
    var failures: [String] {
        outcomes.compactMap { outcome in outcome.error.map { "tenant \(outcome.tenant.id): failed: \($0)" } }
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("migrated", Int64(count(.migrated)))
            json.member("current", Int64(count(.current)))
            json.member("failed", Int64(count(.failed)))
            json.member("not_tried", Int64(count(.notTried)))
            json.member("milliseconds", Int64(duration.milliseconds))
            json.key("tenants")
            json.array(outcomes) { json, outcome in
                json.object { json in
                    json.member("id", outcome.tenant.id)
                    json.member("database_name", outcome.tenant.database.name)
                    json.member("from", outcome.from)
                    json.member("to", outcome.to)
                    json.member("status", outcome.status.rawValue)
                    json.member("error", outcome.error)
                    json.member("milliseconds", Int64(outcome.duration.milliseconds))
                }
            }
        }
    }
}
