package import Base
package import Contract

/// What is remembered of logins: failed ones by subject, and the addresses that users come from.
package protocol LoginRepository {
    func attempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts]

    /// The same, and nobody else gets these subjects until the transaction ends, whether they have a row or not.
    func lockAttempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts]
    func setAttempts(_ attempts: LoginAttempts, of subject: String) throws(ErrorAnswer)
    func forgetAttempts(of subjects: [String]) throws(ErrorAnswer)

    /// Whether the owner of this email has logged in from the address.
    func isKnown(address: String, email: EmailAddress) throws(ErrorAnswer) -> Bool
    func remember(address: String, of user: UserID, at now: Timestamp) throws(ErrorAnswer)

    /// Forgets what is older; how many rows.
    func prune(attemptsBefore: Timestamp, addressesBefore: Timestamp) throws(ErrorAnswer) -> Int
    /// Forgets the budgets of hours that began before.
    func pruneBudgets(before time: Timestamp) throws(ErrorAnswer)
}
