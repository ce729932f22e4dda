/// A transaction that outlives the call that began it, with the connection it runs on. One thread at a time.
///
/// Ended by `commit` or `rollBack`; the last reference going away rolls back. Either gives the connection back.
package final class OpenTransaction {
    /// For statements inside the transaction, until it is ended.
    package let connection: Connection
    private let giveBack: () -> Void
    private var isOpen = true

    init(_ connection: Connection, giveBack: @escaping () -> Void) throws(PostgresError) {
        self.connection = connection
        self.giveBack = giveBack
        do { _ = try connection.control("BEGIN") } catch {
            isOpen = false
            giveBack()
            throw error
        }
    }

    deinit { rollBack() }

    /// - Throws: an error with `isCommitOutcomeUnknown` when the connection was lost after COMMIT had been sent.
    package func commit() throws(PostgresError) {
        guard isOpen else { throw PostgresError(SQLState.failedTransaction, detail: "the transaction has ended") }
        isOpen = false
        defer { giveBack() }
        try connection.commit()
    }

    package func rollBack() {
        guard isOpen else { return }
        isOpen = false
        // When the rollback fails the connection is lost, and the server has rolled back by itself.
        if connection.isHealthy { try? connection.rollBack() }
        giveBack()
    }
}

extension ConnectionPool {
    /// Begins a transaction that the caller ends; blocks until there is a connection.
    package func begin(on database: String) throws(PostgresError) -> OpenTransaction {
        let (id, connection) = try acquire(database)
        return try OpenTransaction(connection) { [self] in release(id, connection) }
    }
}
