import Base
import Contract
import Domain
import ObjectStore
import Persistence
import Postgres
import Storage

/// `saasctl db reset`
struct ResetDatabaseCommand: Command {
    private static let confirmation = Option.flag(
        "yes-delete-everything", "every user, every tenant, every document; needed")

    static let syntax = Syntax(
        "db", "reset", summary: "delete everything and begin with an empty main database (development only)",
        options: [confirmation, .json],
        explanation: """
            Drops the databases of all tenants, removes their objects, and makes the main
            database anew. Refused unless APP_ENV is development. Restart the programs after.
            """)

    private enum Stage: String, CaseIterable {
        case development, production, testing
    }

    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard arguments.has(Self.confirmation) else {
            throw UsageError("this deletes all data; say --\(Self.confirmation.name)")
        }
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var settings = environment
        let stage = settings.choice("APP_ENV", "FLASK_ENV", default: Stage.development)
        let store = ObjectStoreSettings.read(from: &settings)?.makeStore(reportingTo: &settings)
        guard settings.problems.isEmpty, let store else { throw .configuration(settings.problems) }
        guard stage == .development else {
            throw .failed("APP_ENV is \(stage.rawValue); a database is reset in development only")
        }
        let installation = try Installation(environment)
        let removed = try removeTenants(installation, StoreObjectInventory(store: store))
        try dropMain(installation)
        let database = MainDatabase(installation: installation)
        _ = try database.createIfMissing()
        _ = try database.migrate()
        if asJSON {
            console.result(json: JSONValue.object(["tenants": .integer(Int64(removed))]))
        } else {
            console.result("database \(installation.mainDatabase): made anew; \(removed) tenants removed")
        }
    }

    /// Databases and objects of all tenants, whatever their state and whatever the schema's version; how many.
    private func removeTenants(
        _ installation: Installation, _ inventory: StoreObjectInventory
    ) throws(Failure) -> Int {
        let tenants: [TenantDatabase]
        do throws(PostgresError) {
            let main = try installation.connect(to: installation.mainDatabase)
            tenants = try main.execute("SELECT id, database_name FROM tenants WHERE state <> 'purged'").map {
                row throws(PostgresError) in
                TenantDatabase(tenantID: try row.decode(0), name: try row.decode(1))
            }
        } catch  where error.isUnknownDatabase || error.sqlState == "42P01" {
            return 0
        } catch {
            throw Failure(error)
        }
        let pool = ConnectionPool(installation.settings.pool, log: installation.log)
        defer { pool.close() }
        let provisioner = PostgresTenantProvisioner(
            pool: pool, mainDatabase: installation.mainDatabase, log: installation.log)
        do throws(ErrorAnswer) {
            _ = try PostgresWarmPool(pool: pool, mainDatabase: installation.mainDatabase, log: installation.log)
                .removeAll()
            for tenant in tenants {
                try provisioner.remove(tenant)
                try inventory.removeTemporaries(of: tenant.tenantID)
                while case let page = try inventory.objects(of: tenant.tenantID, after: nil, limit: 500), !page.isEmpty
                {
                    for object in page { try inventory.remove(key: object.key) }
                }
            }
        } catch {
            throw Failure(error)
        }
        return tenants.count
    }

    private func dropMain(_ installation: Installation) throws(Failure) {
        guard let name = SQLIdentifier(installation.mainDatabase) else {
            throw .failed(
                "drop the database yourself: \(installation.mainDatabase) is not of small letters, digits and _")
        }
        do throws(PostgresError) {
            _ = try installation.connect(to: "postgres")
                .execute("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
        } catch {
            throw Failure(error)
        }
    }
}
