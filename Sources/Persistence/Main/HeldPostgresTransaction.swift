import Contract
import Domain
import Postgres

/// A transaction on the main database that waits for the answer of its request.
final class HeldPostgresTransaction: HeldTransaction {
    private let transaction: OpenTransaction

    init(_ transaction: OpenTransaction) { self.transaction = transaction }

    /// For further statements of the same transaction.
    var session: DatabaseSession { DatabaseSession(connection: transaction.connection) }

    func commit() throws(ErrorAnswer) {
        do { try transaction.commit() } catch { throw ErrorAnswer(error) }
    }

    func rollBack() { transaction.rollBack() }
}
