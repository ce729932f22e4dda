import Base
import Contract
import Postgres

/// Which databases are known to have a table: one whose schema is behind has not, and must go on working.
///
/// A table that was seen is remembered; one that was missing is looked for again.
final class KnownTables: Sendable {
    private let name: String
    private let databases = Condition<Set<String>>([])

    init(_ name: String) { self.name = name }

    /// Whether the session's database has the table.
    func isThere(_ session: DatabaseSession) throws(ErrorAnswer) -> Bool {
        let database = session.connection.database
        if databases.withLock({ $0.contains(database) }) { return true }
        let exists = try session.count("SELECT count(to_regclass(\(name)))") == 1
        if exists { databases.withLock { _ = $0.insert(database) } }
        return exists
    }
}
