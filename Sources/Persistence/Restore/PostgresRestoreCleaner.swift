package import Base
package import Contract
package import Domain
package import Postgres

/// Cleans up after restores that were broken off: their databases, the objects of tenants that never came to be.
package struct PostgresRestoreCleaner: RestoreCleaner {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let inventory: any ObjectInventory
    private let log: Log

    package init(pool: ConnectionPool, mainDatabase: String, inventory: any ObjectInventory, log: Log) {
        self.pool = pool
        self.mainDatabase = mainDatabase
        self.inventory = inventory
        self.log = log
    }

    private struct Row {
        let id: String
        let tenant: TenantID
        let database: String
        let replaced: String?
        let present: String?
    }

    package func cleanUp() throws(ErrorAnswer) -> Int {
        try pool.withLoginRole(to: mainDatabase) { connection throws(ErrorAnswer) in try cleanUp(on: connection) }
    }

    /// One connection for all: the lock belongs to the session.
    private func cleanUp(on main: Connection) throws(ErrorAnswer) -> Int {
        let session = DatabaseSession(connection: main)
        let rows = try session.all(
            """
            SELECT r.id::text, r.tenant_id, r.database_name, r.replaced_name, t.database_name
            FROM tenant_restores r LEFT JOIN tenants t ON t.id = r.tenant_id
            """
        ) { row throws(PostgresError) in
            Row(
                id: try row.decode(0), tenant: try row.decode(1), database: try row.decode(2),
                replaced: try row.decodeIfPresent(3), present: try row.decodeIfPresent(4))
        }
        var cleaned = 0
        var failure: ErrorAnswer?
        for row in rows {
            do {
                guard try RestoreLock.tryTake(row.id, on: main) else { continue }
            } catch {
                throw ErrorAnswer(error)
            }
            defer { try? RestoreLock.release(row.id, on: main) }
            do throws(ErrorAnswer) {
                try cleanUp(row, session)
                cleaned += 1
            } catch {
                // One that fails must not keep another's tenant closed.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return cleaned
    }

    private func cleanUp(_ row: Row, _ session: DatabaseSession) throws(ErrorAnswer) {
        // It may have ended since the list was read.
        guard try session.count("SELECT count(*) FROM tenant_restores WHERE id = \(row.id)::uuid") == 1 else { return }
        for name in [row.database, row.replaced].compactMap({ $0 }) {
            guard let database = SQLIdentifier(name) else { continue }
            try session.execute("DROP DATABASE IF EXISTS \(identifier: database) WITH (FORCE)")
        }
        if let present = row.present.flatMap(SQLIdentifier.init) {
            let isClosed = try session.count(
                "SELECT count(*) FROM pg_database WHERE datname = \(present.name) AND datconnlimit = 0")
            if isClosed == 1 {
                try session.execute("ALTER DATABASE \(identifier: present) CONNECTION LIMIT -1")
            }
        } else {
            // An import whose tenant never came to be.
            while case let page = try inventory.objects(of: row.tenant, after: nil, limit: 500), !page.isEmpty {
                for object in page { try inventory.remove(key: object.key) }
            }
        }
        try session.execute("DELETE FROM tenant_restores WHERE id = \(row.id)::uuid")
        log.info("a restore that was broken off is cleaned up", ["tenant.id": .text(row.tenant.description)])
    }
}
