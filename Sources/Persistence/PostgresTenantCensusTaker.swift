package import Contract
package import Domain
package import Postgres

/// Counts the rows of every table of a tenant's database, whatever tables a release has.
package struct PostgresTenantCensusTaker: TenantCensusTaker {
    private let pool: ConnectionPool
    private let mainDatabase: String

    package init(pool: ConnectionPool, mainDatabase: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
    }

    package func census(of database: TenantDatabase) throws(ErrorAnswer) -> TenantCensus? {
        let exists = try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            // A half-dropped one (-2) cannot be connected to and has nothing left to count.
            try DatabaseSession(connection: connection).count(
                "SELECT count(*) FROM pg_database WHERE datname = \(database.name) AND datconnlimit <> -2")
        }
        guard exists == 1 else { return nil }
        return try pool.withConnection(to: database.name) { connection throws(ErrorAnswer) in
            let session = DatabaseSession(connection: connection)
            let names = try session.all(
                """
                SELECT relname::text FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                ORDER BY relname
                """
            ) { row throws(PostgresError) in try row.decode(0, as: String.self) }
            var rows: [String: Int64] = [:]
            for name in names {
                guard let table = SQLIdentifier(name) else { continue }
                rows[name] = try session.count("SELECT count(*) FROM \(identifier: table)")
            }
            return TenantCensus(
                tableRows: rows,
                databaseBytes: try session.count("SELECT pg_database_size(current_database())"))
        }
    }
}
