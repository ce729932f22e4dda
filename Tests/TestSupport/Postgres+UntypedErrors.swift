package import Postgres

/// Lets tests pass closures that throw anything, such as a failed `#require`; the product's code names its error type.
private struct AnyFailure: PostgresErrorConvertible {
    let error: any Error

    init(error: any Error) { self.error = error }
    init(_ error: PostgresError) { self.error = error }
}

extension Connection {
    @_disfavoredOverload
    package func transaction<R>(attempts: Int = 5, _ body: (Connection) throws -> R) throws -> R {
        do {
            return try transaction(attempts: attempts) { connection throws(AnyFailure) in
                do { return try body(connection) } catch { throw AnyFailure(error: error) }
            }
        } catch { throw error.error }
    }
}

extension ConnectionPool {
    @_disfavoredOverload
    package func withConnection<R>(to database: String, _ body: (Connection) throws -> R) throws -> R {
        do {
            return try withConnection(to: database) { connection throws(AnyFailure) in
                do { return try body(connection) } catch { throw AnyFailure(error: error) }
            }
        } catch { throw error.error }
    }
}
