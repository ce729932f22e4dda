package import Base
package import Postgres

/// Lets the application into tenants' databases whose schema it understands: the newest one and the one before it,
/// newer ones included. A tenant further behind is answered 503 until a run has migrated it.
///
/// Looked at once a connection, so that a request pays nothing: schemas only go forward.
package enum TenantSchemaGate {
    /// Connects like the pool does by itself, and looks at the schema of tenants' databases.
    package static func connector(log: Log) -> ConnectionPool.Connector {
        { settings throws(PostgresError) in
            let connection = try Connection(settings, log: log)
            guard settings.database.hasPrefix("tenant_") else { return connection }
            let version = try version(of: connection)
            guard version >= Migrations.oldestServed else {
                connection.close()
                log.warning(
                    "a tenant's schema is too old for this release",
                    ["db.name": .text(settings.database), "migration.version": .integer(Int64(version))])
                throw PostgresError(SQLState.outdatedSchema, detail: "the schema is at \(version)")
            }
            return connection
        }
    }

    private static func version(of connection: Connection) throws(PostgresError) -> Int {
        do {
            return try connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations")[0].decode(0)
        } catch  where error.sqlState == SQLState.unknownTable {
            return 0
        }
    }
}
