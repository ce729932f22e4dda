package import Base
package import Contract
package import Domain
package import Postgres

/// Makes, migrates and removes tenant databases. CREATE DATABASE and DROP DATABASE cannot be part of a transaction.
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

    package func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer) {
        try spares.makeSpare(until: deadline)
    }

    package func migrate(_ database: TenantDatabase) throws(ErrorAnswer) {
        do throws(PostgresError) {
            let isCurrent: Bool = try pool.withConnection(to: mainDatabase) { main throws(PostgresError) in
                try main.execute(
                    """
                    SELECT EXISTS (SELECT FROM tenant_schemas
                                   WHERE tenant_id = \(database.tenantID) AND status = 'migrated'
                                     AND version >= \(TenantSchema.current.version))
                    """)[0].decode(0)
            }
            guard !isCurrent else { return }
            try pool.withLoginRole(to: database.name) { connection throws(PostgresError) in
                _ = try migrator.apply(on: connection, log: log)
            }
        } catch {
            throw ErrorAnswer(error)
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

    private func identifier(_ database: TenantDatabase) throws(ErrorAnswer) -> SQLIdentifier {
        guard database.name.hasPrefix("tenant_"), let name = SQLIdentifier(database.name) else {
            throw ErrorAnswer(.internalError, cause: "not a tenant database's name: \(database.name)")
        }
        return name
    }
}
