/// An error type that can also say what PostgreSQL's failure means to its layer.
///
/// `ConnectionPool.withConnection` and `Connection.transaction` throw the error type of the closure they are given; this
/// is how a failure of their own (no connection, BEGIN, COMMIT) becomes one of it. Write the types out, which Swift 6.3
/// does not infer for closures: `{ connection throws(DomainError) in … }`, and inside it
/// `do throws(PostgresError) { … } catch { throw DomainError(error) }`.
package protocol PostgresErrorConvertible: Error {
    init(_ error: PostgresError)
}

extension PostgresError: PostgresErrorConvertible {
    package init(_ error: PostgresError) { self = error }
}
