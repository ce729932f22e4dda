package import Base
package import Postgres

/// Where the databases are and how many connections this process may hold.
package struct DatabaseSettings: Sendable {
    package let main: ConnectionSettings
    /// Connections of this process over all databases.
    package let budget: Int
    package let perDatabase: Int
    package let acquireTimeout: Duration
    private let template: String
    private let user: String?
    private let password: String?
    private let applicationName: String

    /// Where a tenant database's name goes in TENANT_DATABASE_URL_TEMPLATE.
    private static let placeholder = "{database_name}"

    /// Reads DATABASE_URL, TENANT_DATABASE_URL_TEMPLATE, DATABASE_USER and DATABASE_PASSWORD (for connection strings
    /// without a password), DATABASE_MAX_CONNECTIONS, EVENT_MAX_CONNECTIONS, DATABASE_POOL_SIZE, DATABASE_MAX_OVERFLOW
    /// and DATABASE_POOL_TIMEOUT (seconds); nil when the environment has problems with them.
    ///
    /// - Parameters:
    ///   - applicationName: shown in pg_stat_activity.
    ///   - program: whose share of DATABASE_MAX_CONNECTIONS this process has.
    ///   - workers: how many application processes the host runs (FCGI_WORKERS).
    package init?(
        _ environment: inout Environment, applicationName: String, program: ConnectionBudget.Program, workers: Int
    ) {
        let url = environment.required("DATABASE_URL")
        let total = environment.integer("DATABASE_MAX_CONNECTIONS", default: 90, in: 4...100_000)
        let size = environment.integer("DATABASE_POOL_SIZE", default: 10, in: 1...10_000)
        // Unless it is set, the process's share of DATABASE_MAX_CONNECTIONS is the limit.
        let overflow = environment.integer("DATABASE_MAX_OVERFLOW", default: 10_000, in: 0...10_000)
        let timeout = environment.integer("DATABASE_POOL_TIMEOUT", default: 5, in: 1...29)
        template = environment.string("TENANT_DATABASE_URL_TEMPLATE") ?? ""
        user = environment.string("DATABASE_USER")
        password = environment.string("DATABASE_PASSWORD")
        let events = environment.integer("EVENT_MAX_CONNECTIONS", default: 16, in: 4...20)
        self.applicationName = applicationName
        guard let shares = ConnectionBudget(total: total, applications: workers, events: events) else {
            environment.report(
                "DATABASE_MAX_CONNECTIONS must be at least \(ConnectionBudget.fewest(applications: workers)) with "
                    + "FCGI_WORKERS=\(workers)")
            return nil
        }
        guard !url.isEmpty else { return nil }
        do {
            main = try ConnectionSettings(url: url, applicationName: applicationName)
                .completed(user: user, password: password)
        } catch {
            environment.report("DATABASE_URL is not a PostgreSQL connection string")
            return nil
        }
        if !template.isEmpty {
            guard template.contains(Self.placeholder), (try? ConnectionSettings(url: Self.url(template, "x"))) != nil
            else {
                environment.report(
                    "TENANT_DATABASE_URL_TEMPLATE must be a PostgreSQL connection string with \(Self.placeholder)")
                return nil
            }
        }
        budget = program == .application ? min(size + overflow, shares.application) : shares[program]
        // A unit of work may hold one connection while it takes another to the same database. A third of the share stays
        // for the others.
        perDatabase = max(2, min(size, budget * 2 / 3))
        acquireTimeout = .seconds(timeout)
    }

    /// The settings of a pool over the main database and all tenants'.
    package var pool: PoolSettings {
        PoolSettings(budget: budget, perDatabase: perDatabase, acquireTimeout: acquireTimeout) { name in
            settings(for: name)
        }
    }

    /// How to reach the database of this name.
    package func settings(for database: String) -> ConnectionSettings {
        guard database != main.database, !template.isEmpty,
            let settings = try? ConnectionSettings(
                url: Self.url(template, database), applicationName: applicationName)
        else { return main.with(database: database) }
        return settings.completed(user: user, password: password)
    }

    private static func url(_ template: String, _ database: String) -> String {
        template.replacing(placeholder, with: database)
    }
}
