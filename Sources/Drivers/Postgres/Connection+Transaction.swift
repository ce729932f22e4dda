import Base
import Glibc

extension Connection {
    /// Runs the closure between BEGIN and COMMIT; ROLLBACK when it throws.
    ///
    /// A transaction that collided with another (40001, 40P01) or met a statement older than a migration is rolled back
    /// and run again, closure and all, up to `attempts` times with a growing random pause: the closure must change
    /// nothing outside the database. It may swallow no error of a statement: the transaction has failed, and its
    /// COMMIT becomes an error here.
    ///
    /// - Parameter survivesCrash: false for a commit that does not wait for the disk. A crash of the server may undo it,
    ///   whole, with those after it that did not wait either.
    /// - Throws: what the closure throws; `SQLState.activeTransaction` inside another transaction; an error with
    ///   `isCommitOutcomeUnknown` when the connection was lost after COMMIT had been sent.
    package func transaction<R, E: PostgresErrorConvertible>(
        attempts: Int = 5, survivesCrash: Bool = true, _ body: (Connection) throws(E) -> R
    ) throws(E) -> R {
        var attempt = 1
        while true {
            do {
                return try runTransaction(survivesCrash, body)
            } catch {
                guard attempt < attempts, isHealthy, transactionFailure?.isRetryable == true else { throw error }
                // 0-10 ms, then 0-20, 0-40 …: two that collided must not start in step again.
                usleep(UInt32.random(in: 0...(10_000 << UInt32(min(attempt - 1, 6)))))
                attempt += 1
            }
        }
    }

    /// Ends a transaction that someone left open.
    func rollBack() throws(PostgresError) { _ = try control("ROLLBACK") }

    private func runTransaction<R, E: PostgresErrorConvertible>(
        _ survivesCrash: Bool, _ body: (Connection) throws(E) -> R
    ) throws(E) -> R {
        transactionFailure = nil
        guard !inTransaction else {
            throw E(PostgresError(SQLState.activeTransaction, detail: "a transaction is under way"))
        }
        do {
            _ = try control(survivesCrash ? "BEGIN" : "BEGIN; SET LOCAL synchronous_commit = off")
        } catch {
            throw E(error)
        }
        let result: R
        do {
            result = try body(self)
        } catch {
            // When the rollback fails the connection is lost, and the server has rolled back by itself.
            if isHealthy { try? rollBack() }
            throw error
        }
        do { try commit() } catch { throw E(error) }
        return result
    }

    /// Ends the transaction with its changes.
    func commit() throws(PostgresError) {
        guard isHealthy else { throw PostgresError(SQLState.connectionLost, detail: "lost before COMMIT") }
        do throws(PostgresError) {
            // The server answers the COMMIT of a failed transaction with success and the tag ROLLBACK.
            guard try control("COMMIT") == "COMMIT" else {
                throw PostgresError(SQLState.failedTransaction, detail: "the transaction had failed before COMMIT")
            }
        } catch {
            guard error.isConnectionLost else {
                transactionFailure = transactionFailure ?? error
                throw error
            }
            throw PostgresError(SQLState.commitOutcomeUnknown, detail: error.debugDescription)
        }
    }
}
