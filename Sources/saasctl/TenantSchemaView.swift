package import Base
import Contract
import Domain
package import Persistence
import Postgres

/// What can be seen of the tenants' schemas without changing them.
struct TenantSchemaView {
    let installation: Installation
    let migrations: [Migration]
    let last: Int?
    let asJSON: Bool

    /// One tenant and what would be applied to it.
    private struct Plan: JSONWritable {
        let tenant: Tenant
        let version: Int?
        let pending: [String]
        let error: String?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("id", tenant.id)
                json.member("version", version)
                json.member("pending", pending)
                json.member("error", error)
            }
        }
    }

    /// What a run would apply to each.
    func showPlan(_ tenants: [Tenant], _ console: Console) throws(Failure) {
        let plans = tenants.map(plan)
        if asJSON {
            console.result(jsonArray: plans)
        } else {
            let rows = plans.map { plan in
                [
                    plan.tenant.id.description, plan.version.map(String.init) ?? "?",
                    plan.error.map { "failed: \($0)" }
                        ?? (plan.pending.isEmpty ? "up to date" : plan.pending.joined(separator: ", ")),
                ]
            }
            for line in Table.lines([["TENANT", "VERSION", "WOULD APPLY"]] + rows) { console.result(line) }
            let behind = plans.count { !$0.pending.isEmpty }
            console.result("\(behind) of \(plans.count) would be migrated; nothing was changed")
        }
        if plans.contains(where: { $0.error != nil }) { throw .reported(.failure) }
    }

    private func plan(_ tenant: Tenant) -> Plan {
        do throws(PostgresError) {
            let statuses = try Migrator(migrations).status(on: installation.connect(to: tenant.database.name))
            let pending = statuses.filter { $0.state == .pending && $0.version <= last ?? .max }
            let changed = statuses.first { $0.state == .changed }
            return Plan(
                tenant: tenant, version: statuses.filter { $0.state != .pending }.map(\.version).max() ?? 0,
                pending: pending.map { "\($0.version)_\($0.name)" },
                error: changed.map { "migration \($0.version) was changed after it had been applied" })
        } catch {
            return Plan(tenant: tenant, version: nil, pending: [], error: String(reflecting: error).singleLine)
        }
    }

    /// How each stands by the main database's record.
    func showRecords(_ tenants: [Tenant], _ console: Console) throws(Failure) {
        let records: [TenantSchemaRecord]
        do throws(PostgresError) {
            let ledger = try TenantSchemaLedger(installation.settings.main, log: installation.log)
            defer { ledger.close() }
            let wanted = Set(tenants.map(\.id))
            records = try ledger.records().filter { wanted.contains($0.tenant) }
        } catch {
            throw Failure(error)
        }
        if asJSON { return console.result(jsonArray: records) }
        let rows = records.map { record in
            [
                record.tenant.description, record.version.map(String.init) ?? "?", record.status.rawValue,
                record.changedAt.description.prefix(19) + "Z", record.error ?? "",
            ]
        }
        for line in Table.lines([["TENANT", "VERSION", "STATUS", "CHANGED", "ERROR"]] + rows) { console.result(line) }
    }

    /// What one tenant's database has applied, and when.
    func showHistory(_ tenant: Tenant, _ console: Console) throws(Failure) {
        do throws(PostgresError) {
            let connection = try installation.connect(to: tenant.database.name)
            MigrationHistory(statuses: try Migrator(migrations).status(on: connection)).show(asJSON: asJSON, console)
        } catch {
            throw Failure(error)
        }
    }
}

extension TenantSchemaRecord: JSONWritable {
    /// id, version, status, error, changed_at.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", tenant)
            json.member("version", version)
            json.member("status", status.rawValue)
            json.member("error", error)
            json.member("changed_at", changedAt)
        }
    }
}
