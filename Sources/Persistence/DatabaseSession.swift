import Contract
import Postgres

/// One connection for the time of one unit of work, its errors turned into the domain's.
struct DatabaseSession {
    let connection: Connection

    /// Runs a statement; how many rows it changed.
    @discardableResult
    func execute(_ query: Query) throws(ErrorAnswer) -> Int {
        do {
            return try connection.execute(query).affectedRows
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// Every row of the result.
    func all<R>(_ query: Query, _ decode: (Row) throws(PostgresError) -> R) throws(ErrorAnswer) -> [R] {
        do {
            let rows = try connection.execute(query)
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
            guard let row = try connection.execute(query).first else { return nil }
            return try decode(row)
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// The one number of a counting statement.
    func count(_ query: Query) throws(ErrorAnswer) -> Int64 {
        try first(query) { row throws(PostgresError) in try row.decode(0) } ?? 0
    }
}
