import Base
import Contract
import Domain
import Persistence
import Postgres
import TestSupport

/// An installation on the real server: its main database, a user, and the services that make tenants.
struct FleetFixture {
    let pool: ConnectionPool
    let data: PostgresUnitOfWork
    let main: String
    let warmPool: PostgresWarmPool
    let tenants: TenantService
    let ada = UserID.random()

    init() throws {
        let main = try PostgresCluster.shared.createDatabase()
        let settings = try PostgresCluster.shared.settings(database: main)
        let log = Log(component: "tests", level: .error, sink: { _ in })
        pool = ConnectionPool(
            PoolSettings(budget: 12, perDatabase: 10, acquireTimeout: .seconds(20)) { settings.with(database: $0) },
            log: log)
        self.main = main
        data = PostgresUnitOfWork(pool: pool, mainDatabase: main)
        warmPool = PostgresWarmPool(pool: pool, mainDatabase: main, log: log)
        tenants = TenantService(
            data: data, provisioner: PostgresTenantProvisioner(pool: pool, mainDatabase: main, log: log),
            doorbell: PostgresDoorbell(pool: pool, mainDatabase: main), clock: SystemClock())
        _ = try Migrator(Migrations.main).apply(on: Connection(settings), log: log)
        let (id, now) = (ada, SystemClock().now())
        try execute(
            """
            INSERT INTO users (id, first_name, last_name, email, password_hash, is_active, created_at, updated_at)
            VALUES (\(id), 'Ada', 'L', 'ada@example.com', 'x', true, \(now), \(now))
            """)
    }

    func create(_ name: String = "Acme") throws -> Tenant { try tenants.create(name: TenantName(name), by: ada) }

    /// Sign-ups as the application does them: by a role that may not make databases.
    ///
    /// - Parameter connections: of the application's pool, which the caller closes.
    func application(connections: Int, patience: Duration = .seconds(10)) throws -> (ConnectionPool, TenantService) {
        let role = SQLIdentifier("app_\(Hex.encode((0..<4).map { _ in UInt8.random(in: .min ... .max) }))")!
        try execute("CREATE ROLE \(identifier: role) LOGIN")
        try execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \(identifier: role)")
        try execute("GRANT EXECUTE ON FUNCTION claim_spare_database(text, integer) TO \(identifier: role)")
        let settings = try ConnectionSettings(
            url: PostgresCluster.shared.url(database: main).replacing("postgres@", with: "\(role.name)@"))
        let log = Log(component: "tests", level: .error, sink: { _ in })
        let app = ConnectionPool(
            PoolSettings(budget: connections, perDatabase: connections, acquireTimeout: .seconds(20)) {
                settings.with(database: $0)
            }, log: log)
        let service = TenantService(
            data: PostgresUnitOfWork(pool: app, mainDatabase: main),
            provisioner: PostgresTenantProvisioner(pool: app, mainDatabase: main, log: log),
            doorbell: PostgresDoorbell(pool: app, mainDatabase: main), clock: SystemClock(), patience: patience,
            mostWaiting: 64)
        return (app, service)
    }

    /// Runs a statement on the main database.
    @discardableResult
    func execute(_ query: Query) throws -> ResultSet {
        try pool.withConnection(to: main) { connection throws(PostgresError) in try connection.execute(query) }
    }

    func count(_ query: Query) throws -> Int { try execute(query)[0].decode(0) }

    /// The names of this installation's spare databases that the server has, by name.
    func spares() throws -> [String] {
        try execute(
            """
            SELECT d.datname FROM pg_database d JOIN pg_database m ON m.datname = current_database()
            WHERE d.datname LIKE 'pool\\_' || m.oid || '\\_%' ORDER BY 1
            """
        ).map { try $0.decode(0) }
    }

    /// The names of this installation's templates that the server has.
    func templates() throws -> [String] {
        try execute(
            """
            SELECT d.datname FROM pg_database d JOIN pg_database m ON m.datname = current_database()
            WHERE d.datname ~ ('^template_v[0-9]+_' || m.oid || '_') ORDER BY 1
            """
        ).map { try $0.decode(0) }
    }

    /// The name that a spare database of this installation would have.
    func spareName(_ end: String) throws -> SQLIdentifier {
        let name: String = try execute(
            "SELECT 'pool_' || oid || '_' || \(end) FROM pg_database WHERE datname = current_database()")[0].decode(0)
        return SQLIdentifier(name)!
    }
}
