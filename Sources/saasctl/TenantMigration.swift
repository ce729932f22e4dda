import Base
import Contract
import Domain
import Persistence
import Postgres

/// Brings one tenant's schema up to date and writes down how it went.
struct TenantMigration: Sendable {
    let installation: Installation
    let migrations: [Migration]
    /// The version to stop at; nil for all.
    let last: Int?
    let ledger: TenantSchemaLedger
    /// What is written down of each tenant before the run.
    let known: [TenantID: TenantSchemaRecord]

    /// How one tenant's turn ended.
    struct Outcome: Sendable {
        enum Status: String, Sendable {
            case migrated
            case current = "up to date"
            case failed
            case notTried = "not tried"
        }

        let tenant: Tenant
        var from: Int?
        var to: Int?
        var status: Status
        /// The server's words, on one line.
        var error: String?
        var duration: Duration = .zero
    }

    /// Each migration is a transaction of its own: what fails is rolled back, those before it stay.
    func run(_ tenant: Tenant) -> Outcome {
        let begun = ContinuousClock.now
        var outcome = Outcome(tenant: tenant, status: .failed)
        var connection: Connection?
        do throws(PostgresError) {
            let open = try installation.connect(to: tenant.database.name)
            connection = open
            try migrate(tenant, on: open, &outcome)
        } catch {
            outcome.status = .failed
            // The server's words name what is wrong with the schema; this is the operator's own terminal.
            outcome.error = String(reflecting: error).singleLine
            if let connection, connection.isHealthy { outcome.to = try? version(connection) }
            try? ledger.note(tenant.id, version: outcome.to ?? outcome.from, .failed, error: outcome.error)
        }
        connection?.close()
        outcome.duration = ContinuousClock.now - begun
        return outcome
    }

    private func migrate(_ tenant: Tenant, on connection: Connection, _ outcome: inout Outcome) throws(PostgresError) {
        let migrator = Migrator(migrations)
        let statuses = try migrator.status(on: connection)
        outcome.from = statuses.filter { $0.state != .pending }.map(\.version).max() ?? 0
        let isPending = statuses.contains { $0.state == .pending && $0.version <= last ?? .max }
        let isChanged = statuses.contains { $0.state == .changed }
        guard isPending || isChanged else {
            outcome.to = outcome.from
            outcome.status = .current
            let record = known[tenant.id]
            if record?.status != .migrated || record?.version != outcome.to {
                try ledger.note(tenant.id, version: outcome.to, .migrated)
            }
            return
        }
        try ledger.note(tenant.id, version: outcome.from, .migrating)
        let applied = try migrator.apply(on: connection, upTo: last, log: installation.log)
        outcome.to = applied.last ?? outcome.from
        outcome.status = applied.isEmpty ? .current : .migrated
        try ledger.note(tenant.id, version: outcome.to, .migrated)
    }

    private func version(_ connection: Connection) throws(PostgresError) -> Int {
        let exists: Bool = try connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")[0].decode(0)
        guard exists else { return 0 }
        return try connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations")[0].decode(0)
    }
}
