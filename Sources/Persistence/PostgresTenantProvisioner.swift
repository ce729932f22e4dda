package import Base
package import Contract
package import Domain
package import Postgres

/// Makes and removes tenant databases with CREATE DATABASE and DROP DATABASE, which cannot be part of a transaction.
package struct PostgresTenantProvisioner: TenantProvisioner {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let migrator = Migrator(Migrations.tenant)
    private let log: Log
    private let spares: PostgresWarmPool

    /// - Parameter pool: its role needs CREATEDB.
    package init(pool: ConnectionPool, mainDatabase: String, log: Log) {
        self.pool = pool
        self.mainDatabase = mainDatabase
        self.log = log
        spares = PostgresWarmPool(pool: pool, mainDatabase: mainDatabase, log: log)
    }

    package func makeSpare() throws(ErrorAnswer) { try spares.makeSpare() }

    package func prepare(_ database: TenantDatabase) throws(ErrorAnswer) {
        let name = try identifier(database)
        try pool.withLoginRole(to: mainDatabase) { connection throws(ErrorAnswer) in
            do throws(PostgresError) {
                if try !exists(database.name, on: connection) {
                    _ = try connection.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0")
                }
                // Other roles of the server have no business here (PostgreSQL grants CONNECT to all by default).
                _ = try connection.execute("REVOKE CONNECT ON DATABASE \(identifier: name) FROM PUBLIC")
            } catch {
                // Made by a retry of the same creation at this very moment: the name, or the catalogue's row for it.
                guard error.sqlState == SQLState.duplicateDatabase || error.isUniqueViolation else {
                    throw ErrorAnswer(error)
                }
            }
        }
        try pool.withLoginRole(to: database.name) { connection throws(ErrorAnswer) in
            do throws(PostgresError) {
                _ = try migrator.apply(on: connection, log: log)
            } catch {
                throw ErrorAnswer(error)
            }
        }
    }

    package func remove(_ database: TenantDatabase) throws(ErrorAnswer) {
        let name = try identifier(database)
        pool.closeIdle(database: database.name)
        try pool.withLoginRole(to: mainDatabase) { connection throws(ErrorAnswer) in
            do throws(PostgresError) {
                // FORCE ends connections of other processes; a half-dropped database is dropped again.
                _ = try connection.execute("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
            } catch {
                throw ErrorAnswer(error)
            }
        }
    }

    /// Whether the database is there and whole: an interrupted DROP leaves one with `datconnlimit` -2, which can only
    /// be dropped again (PostgreSQL manual, pg_database).
    private func exists(_ name: String, on connection: Connection) throws(PostgresError) -> Bool {
        guard let row = try connection.execute("SELECT datconnlimit FROM pg_database WHERE datname = \(name)").first
        else { return false }
        let limit: Int32 = try row.decode(0)
        guard limit == -2, let identifier = SQLIdentifier(name) else { return true }
        _ = try connection.execute("DROP DATABASE \(identifier: identifier)")
        return false
    }

    private func identifier(_ database: TenantDatabase) throws(ErrorAnswer) -> SQLIdentifier {
        guard database.name.hasPrefix("tenant_"), let name = SQLIdentifier(database.name) else {
            throw ErrorAnswer(.internalError, cause: "not a tenant database's name: \(database.name)")
        }
        return name
    }
}
