package import Base
package import Contract
package import Domain
import Postgres

/// One moment of a tenant's database, held for an export: no file that lives at that moment loses its object meanwhile.
/// The tenant goes on working.
package final class TenantSnapshot {
    private let connection: Connection
    private var session: DatabaseSession { DatabaseSession(connection: connection) }
    /// What pg_dump is told, so that it sees the same moment.
    package let id: String

    /// Waits for removals that have begun; at most 30 seconds.
    ///
    /// - Throws: `.conflict` while another export of the tenant goes on, or a restore.
    package init(of database: TenantDatabase, _ settings: DatabaseSettings, log: Log) throws(ErrorAnswer) {
        do {
            connection = try Connection(settings.settings(for: database.name), log: log)
            // The moment is kept while pg_dump runs, however long; nothing is asked meanwhile.
            try connection.execute(script: "SET idle_in_transaction_session_timeout = 0")
        } catch {
            throw ErrorAnswer(error)
        }
        try FileRemovalLock.take(on: connection)
        do {
            try connection.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            id = try connection.execute("SELECT pg_export_snapshot()")[0].decode(0)
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// The number of the last migration that the database has.
    package func schemaVersion() throws(ErrorAnswer) -> Int {
        Int(try session.count("SELECT coalesce(max(version), 0)::bigint FROM schema_migrations"))
    }

    /// All live files of the moment, in byte order of their keys.
    package func files() throws(ErrorAnswer) -> [StoredFile] {
        var files: [StoredFile] = []
        let repository = PostgresFileRepository(session: session, inspections: KnownTables("file_inspections"))
        while true {
            let page = try repository.live(afterKey: files.last?.key, limit: 5000)
            files += page
            guard page.count == 5000 else { return files }
        }
    }

    /// Lets go of the moment, once pg_dump has it all; files are still kept from removal.
    package func release() throws(ErrorAnswer) {
        do { try connection.execute(script: "COMMIT") } catch { throw ErrorAnswer(error) }
    }

    /// - Throws: when the connection was lost, so that files may have been removed.
    package func confirm() throws(ErrorAnswer) { _ = try session.count("SELECT 1::bigint") }
}
