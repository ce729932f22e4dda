import Base
import Contract
import Domain

struct InMemoryLogins: LoginRepository {
    struct Place: Hashable {
        let user: UserID
        let address: String
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func attempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts] {
        tables.loginAttempts.rows.filter { subjects.contains($0.key) }
    }

    func lockAttempts(of subjects: [String]) throws(ErrorAnswer) -> [String: LoginAttempts] {
        try attempts(of: subjects)
    }

    func setAttempts(_ attempts: LoginAttempts, of subject: String) throws(ErrorAnswer) {
        transaction.put(attempts, at: subject, in: tables.loginAttempts)
    }

    func forgetAttempts(of subjects: [String]) throws(ErrorAnswer) {
        for subject in subjects { transaction.put(nil, at: subject, in: tables.loginAttempts) }
    }

    func isKnown(address: String, email: EmailAddress) throws(ErrorAnswer) -> Bool {
        guard let user = tables.users.rows.values.first(where: { $0.user.email == email })?.user else { return false }
        return tables.loginAddresses[Place(user: user.id, address: address)] != nil
    }

    func remember(address: String, of user: UserID, at now: Timestamp) throws(ErrorAnswer) {
        transaction.put(now, at: Place(user: user, address: address), in: tables.loginAddresses)
    }

    /// Budgets are not kept in here.
    func pruneBudgets(before time: Timestamp) throws(ErrorAnswer) {}

    func prune(attemptsBefore: Timestamp, addressesBefore: Timestamp) throws(ErrorAnswer) -> Int {
        let attempts = tables.loginAttempts.rows.filter { $0.value.last < attemptsBefore }.keys
        let addresses = tables.loginAddresses.rows.filter { $0.value < addressesBefore }.keys
        for key in attempts { transaction.put(nil, at: key, in: tables.loginAttempts) }
        for key in addresses { transaction.put(nil, at: key, in: tables.loginAddresses) }
        return attempts.count + addresses.count
    }
}
