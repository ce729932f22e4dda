package import Base
package import Contract
package import Domain
package import Postgres

/// Keys, the tries under way and the answers that were given, in the main database.
package struct PostgresIdempotencyStore: IdempotencyStore {
    private let pool: ConnectionPool
    private let mainDatabase: String

    package init(pool: ConnectionPool, mainDatabase: String) {
        self.pool = pool
        self.mainDatabase = mainDatabase
    }

    package func begin(
        _ claim: IdempotencyClaim, at now: Timestamp, deadline: Timestamp, expires: Timestamp
    ) throws(ErrorAnswer) -> IdempotencyState {
        try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            let session = DatabaseSession(connection: connection)
            // A row that is found and then gone was released in between: it is anybody's again.
            for _ in 0..<3 {
                let begun = try session.execute(
                    """
                    INSERT INTO idempotency_keys AS k (scope, fingerprint, owner, deadline, expires_at)
                    VALUES (\(claim.scope), \(claim.fingerprint), \(claim.owner), \(deadline), \(expires))
                    ON CONFLICT (scope) DO UPDATE
                    SET fingerprint = EXCLUDED.fingerprint, owner = EXCLUDED.owner, deadline = EXCLUDED.deadline,
                        expires_at = EXCLUDED.expires_at, status = NULL, body = NULL
                    WHERE k.expires_at <= \(now)
                       OR (k.status IS NULL AND k.deadline <= \(now) AND k.fingerprint = EXCLUDED.fingerprint)
                    """)
                if begun > 0 { return .begun }
                if let state = try state(of: claim, session) { return state }
            }
            return .running
        }
    }

    package func finish(
        _ claim: IdempotencyClaim, _ answer: StoredAnswer, with effect: (any HeldTransaction)?
    ) throws(ErrorAnswer) {
        guard let effect else {
            return try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
                try store(claim, answer, DatabaseSession(connection: connection))
            }
        }
        guard let held = effect as? HeldPostgresTransaction else {
            throw ErrorAnswer(.internalError, cause: "the effect is no transaction of this database")
        }
        do throws(ErrorAnswer) {
            try store(claim, answer, held.session)
        } catch {
            held.rollBack()
            throw error
        }
        try held.commit()
    }

    package func release(_ claim: IdempotencyClaim) throws(ErrorAnswer) {
        try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            _ = try DatabaseSession(connection: connection).execute(
                """
                DELETE FROM idempotency_keys
                WHERE scope = \(claim.scope) AND owner = \(claim.owner) AND status IS NULL
                """)
        }
    }

    package func prune(at now: Timestamp) throws(ErrorAnswer) -> Int {
        try pool.withConnection(to: mainDatabase) { connection throws(ErrorAnswer) in
            try DatabaseSession(connection: connection).execute(
                "DELETE FROM idempotency_keys WHERE expires_at <= \(now)")
        }
    }

    private func store(
        _ claim: IdempotencyClaim, _ answer: StoredAnswer, _ session: DatabaseSession
    ) throws(ErrorAnswer) {
        let body = String(decoding: answer.body, as: UTF8.self)
        let stored = try session.execute(
            """
            UPDATE idempotency_keys SET status = \(answer.status), body = \(body)
            WHERE scope = \(claim.scope) AND owner = \(claim.owner) AND status IS NULL
            """)
        guard stored == 1 else {
            throw ErrorAnswer(.conflict, message: "Another request with this Idempotency-Key took over.")
        }
    }

    private func state(
        of claim: IdempotencyClaim, _ session: DatabaseSession
    ) throws(ErrorAnswer) -> IdempotencyState? {
        try session.first(
            "SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = \(claim.scope)"
        ) { row throws(PostgresError) in
            guard try row.decode(0, as: String.self) == claim.fingerprint else { return .otherRequest }
            let status: Int32? = try row.decodeIfPresent(1)
            let body: String? = try row.decodeIfPresent(2)
            guard let status, let body else { return .running }
            return .done(StoredAnswer(status: Int(status), body: Array(body.utf8)))
        }
    }
}
