import Base
import Contract
import Domain
import Postgres

/// The tables `login_attempts` and `login_addresses`.
struct PostgresLoginRepository: LoginRepository {
    let session: DatabaseSession

    func attempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts] {
        let rows = try session.all(
            "SELECT subject, attempts, blocked_until, last_at FROM login_attempts WHERE subject = ANY(\(subjects)::text[])"
        ) { row throws(PostgresError) in
            (
                subject: try row.decode(0, as: String.self),
                attempts: LoginAttempts(
                    count: Int(try row.decode(1, as: Int64.self)), blockedUntil: try row.decode(2),
                    last: try row.decode(3))
            )
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.subject, $0.attempts) })
    }

    func lockAttempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts] {
        // Rows that do not exist yet cannot be locked. In one order always, so that nobody waits in a circle.
        for subject in subjects.sorted() {
            try session.execute("SELECT pg_advisory_xact_lock(hashtextextended('login ' || \(subject), 0))")
        }
        return try attempts(of: subjects)
    }

    func setAttempts(_ attempts: LoginAttempts, of subject: String) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO login_attempts (subject, attempts, blocked_until, last_at)
            VALUES (\(subject), \(attempts.count), \(attempts.blockedUntil), \(attempts.last))
            ON CONFLICT (subject) DO UPDATE
            SET attempts = excluded.attempts, blocked_until = excluded.blocked_until, last_at = excluded.last_at
            """)
    }

    func forgetAttempts(of subjects: [String]) throws(ErrorAnswer) {
        try session.execute("DELETE FROM login_attempts WHERE subject = ANY(\(subjects)::text[])")
    }

    func isKnown(address: String, email: EmailAddress) throws(ErrorAnswer) -> Bool {
        try session.count(
            """
            SELECT count(*) FROM users u JOIN login_addresses a ON a.user_id = u.id AND a.address = \(address)
            WHERE u.email = \(email.text)
            """) > 0
    }

    func remember(address: String, of user: UserID, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO login_addresses (user_id, address, last_at) VALUES (\(user), \(address), \(now))
            ON CONFLICT (user_id, address) DO UPDATE SET last_at = excluded.last_at
            """)
    }

    func pruneBudgets(before time: Timestamp) throws(ErrorAnswer) {
        try session.execute("DELETE FROM rate_budgets WHERE window_start < \(time)")
        try session.execute("DELETE FROM rate_receipts WHERE window_start < \(time)")
        try session.execute("DELETE FROM rate_windows WHERE window_start < \(time)")
    }

    func prune(attemptsBefore: Timestamp, addressesBefore: Timestamp) throws(ErrorAnswer) -> Int {
        try session.execute("DELETE FROM login_attempts WHERE last_at < \(attemptsBefore)")
            + session.execute("DELETE FROM login_addresses WHERE last_at < \(addressesBefore)")
    }
}
