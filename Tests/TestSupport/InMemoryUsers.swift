import Base
import Contract
import Domain

struct InMemoryUsers: UserRepository {
    struct Row {
        var user: User
        var password: StoredPassword
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insert(_ user: User, password: StoredPassword) throws(ErrorAnswer) {
        guard row(user.email) == nil else { throw ErrorAnswer(.emailTaken) }
        transaction.put(Row(user: user, password: password), at: user.id, in: tables.users)
    }

    func find(_ id: UserID) throws(ErrorAnswer) -> User? { tables.users[id]?.user }
    func find(email: EmailAddress) throws(ErrorAnswer) -> User? { row(email)?.user }
    func findPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String? { tables.users[id]?.password.hash }
    func lockPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String? { tables.users[id]?.password.hash }

    func findCredentials(email: EmailAddress) throws(ErrorAnswer) -> (user: User, password: StoredPassword)? {
        row(email).map { ($0.user, $0.password) }
    }

    func rename(_ id: UserID, first: PersonName, last: PersonName, at now: Timestamp) throws(ErrorAnswer) -> User? {
        change(id) { row in
            row.user.firstName = first
            row.user.lastName = last
            row.user.updatedAt = now
        }
    }

    func setActive(_ isActive: Bool, of id: UserID, at now: Timestamp) throws(ErrorAnswer) -> User? {
        change(id) { row in
            row.user.isActive = isActive
            row.user.updatedAt = now
        }
    }

    func list(after: UserID?, limit: Int) throws(ErrorAnswer) -> [User] {
        let users = tables.users.rows.values.map(\.user).sorted { $0.id < $1.id }
        return Array(users.drop { user in after.map { user.id <= $0 } ?? false }.prefix(limit))
    }

    func setPassword(_ password: StoredPassword, of id: UserID, at now: Timestamp) throws(ErrorAnswer) {
        change(id) { row in
            row.password = password
            row.user.updatedAt = now
        }
    }

    /// No port's: the operator's switch.
    @discardableResult
    func change(_ id: UserID, _ body: (inout Row) -> Void) -> User? {
        guard var row = tables.users[id] else { return nil }
        body(&row)
        transaction.put(row, at: id, in: tables.users)
        return row.user
    }

    private func row(_ email: EmailAddress) -> Row? { tables.users.rows.values.first { $0.user.email == email } }
}
