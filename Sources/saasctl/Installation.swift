import Base
import Contract
import Domain
import Persistence
import Postgres

/// The databases of the installation that the environment names.
struct Installation {
    let settings: DatabaseSettings
    let log: Log

    /// - Throws: `Failure.configuration` with every problem of the settings.
    init(_ environment: Environment) throws(Failure) {
        var environment = environment
        log = Log(component: "saasctl", level: LogLevel(environment.string("LOG_LEVEL") ?? "warning") ?? .warning)
        let workers = environment.integer("FCGI_WORKERS", default: 2, in: 1...256)
        let settings = DatabaseSettings(
            &environment, applicationName: "saasctl", program: .tools, workers: workers)
        guard environment.problems.isEmpty, let settings else { throw .configuration(environment.problems) }
        self.settings = settings
    }

    /// The name of the main database.
    var mainDatabase: String { settings.main.database }

    /// A connection of its own to the database of this name.
    func connect(to database: String) throws(PostgresError) -> Connection {
        try Connection(settings.settings(for: database), log: log)
    }

    /// Runs the closure on the repositories' way to the data, and closes the connections afterwards.
    ///
    /// - Throws: also when the main database cannot be reached or is not at this release's schema.
    func withData<R>(_ body: (Repositories) throws(Failure) -> R) throws(Failure) -> R {
        try checkSchema()
        let pool = ConnectionPool(settings.pool, log: log)
        defer { pool.close() }
        return try body(Repositories(pool: pool, mainDatabase: mainDatabase, log: log))
    }

    private func checkSchema() throws(Failure) {
        let statuses: [MigrationStatus]
        do {
            statuses = try Migrator(Migrations.main).status(on: connect(to: mainDatabase))
        } catch {
            throw Failure(error)
        }
        guard statuses.allSatisfy({ $0.state != .pending }) else {
            throw .failed("the main database's schema is older than this release; run saasctl migrate main")
        }
    }
}
