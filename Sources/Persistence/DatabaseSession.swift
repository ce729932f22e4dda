import Contract
import Postgres

/// One connection for the time of one unit of work, its errors turned into the domain's.
struct DatabaseSession {
    let connection: Connection
    /// Is taken by each statement that may change something.
    private var changes: ChangeNote?

    init(connection: Connection) { self.connection = connection }

    /// The same session, with its changes noted.
    func noting(_ changes: ChangeNote) -> DatabaseSession {
        var session = self
        session.changes = changes
        return session
    }

    /// Runs a statement; how many rows it changed.
    @discardableResult
    func execute(_ query: Query) throws(ErrorAnswer) -> Int {
        do {
            return try result(of: query).affectedRows
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// Every row of the result.
    func all<R>(_ query: Query, _ decode: (Row) throws(PostgresError) -> R) throws(ErrorAnswer) -> [R] {
        do {
            let rows = try result(of: query)
            var values: [R] = []
            values.reserveCapacity(rows.count)
            for row in rows { values.append(try decode(row)) }
            return values
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// The first row of the result; nil when there is none.
    func first<R>(_ query: Query, _ decode: (Row) throws(PostgresError) -> R) throws(ErrorAnswer) -> R? {
        do {
            guard let row = try result(of: query).first else { return nil }
            return try decode(row)
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// The one number of a counting statement.
    func count(_ query: Query) throws(ErrorAnswer) -> Int64 {
        try first(query) { row throws(PostgresError) in try row.decode(0) } ?? 0
    }

    private func result(of query: Query) throws(PostgresError) -> ResultSet {
        // Before it is sent: what became of it may never be known.
        if let changes, !query.isSelect { changes.take() }
        return try connection.execute(query)
    }
}
