import Contract
import Domain
import Postgres

/// A transaction on the main database that waits for the answer of its request.
final class HeldPostgresTransaction: HeldTransaction {
    private let transaction: OpenTransaction

    private let ended: @Sendable () -> Void

    /// - Parameter ended: called after the commit, whatever became of it.
    init(_ transaction: OpenTransaction, ended: @escaping @Sendable () -> Void) {
        self.transaction = transaction
        self.ended = ended
    }

    /// For further statements of the same transaction.
    var session: DatabaseSession { DatabaseSession(connection: transaction.connection) }

    func commit() throws(ErrorAnswer) {
        defer { ended() }
        do { try transaction.commit() } catch { throw ErrorAnswer(error) }
    }

    func rollBack() { transaction.rollBack() }
}
