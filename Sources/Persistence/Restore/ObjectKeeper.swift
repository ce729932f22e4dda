import Base
import Contract
import Postgres

/// A session of a tenant's database that keeps the tenant's objects from removal for as long as it lives.
final class ObjectKeeper {
    private let connection: Connection
    /// The server's process for the session.
    let process: Int32

    /// - Throws: `.conflict` while an export or another restore of the tenant goes on.
    init(_ settings: ConnectionSettings, log: Log) throws(ErrorAnswer) {
        do {
            connection = try Connection(settings, log: log)
            process = try connection.execute("SELECT pg_backend_pid()")[0].decode(0)
        } catch {
            throw ErrorAnswer(error)
        }
        try FileRemovalLock.take(on: connection)
    }

    /// - Throws: when the session was lost, so that objects may have been removed.
    func confirm() throws(ErrorAnswer) {
        do { _ = try connection.execute("SELECT 1") } catch { throw ErrorAnswer(error) }
    }

    /// Ends the session.
    func close() { connection.close() }
}
