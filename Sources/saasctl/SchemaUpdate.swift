import Base
import Postgres

/// Brings one database's schema up to date.
struct SchemaUpdate {
    let migrations: [Migration]
    let log: Log

    /// Applies what is pending; waits for another run on the same database.
    ///
    /// - Returns: the migrations applied, by the names of their files.
    func apply(on connection: Connection, upTo last: Int? = nil) throws(PostgresError) -> [String] {
        let applied = Set(try Migrator(migrations).apply(on: connection, upTo: last, log: log))
        return migrations.filter { applied.contains($0.version) }.map(\.fileName)
    }

    /// What `apply` returned, for people.
    static func summary(_ applied: [String]) -> String {
        applied.isEmpty ? "up to date" : "applied \(applied.joined(separator: ", "))"
    }
}

extension Migration {
    /// `0001_main`.
    fileprivate var fileName: String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}
