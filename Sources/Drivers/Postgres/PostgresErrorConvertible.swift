/// An error type that can also say what PostgreSQL's failure means to its layer.
///
/// `ConnectionPool.withConnection` and `Connection.transaction` throw the error type of the closure they are given; this
/// is how a failure of their own (no connection, BEGIN, COMMIT) becomes one of it. Write the type on the closure:
/// `{ connection throws(DomainError) in … }`.
package protocol PostgresErrorConvertible: Error {
    init(_ error: PostgresError)
}

extension PostgresError: PostgresErrorConvertible {
    package init(_ error: PostgresError) { self = error }
}
