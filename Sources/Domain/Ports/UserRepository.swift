package import Base
package import Contract

/// The users of the main database.
package protocol UserRepository {
    /// Stores a new user.
    ///
    /// - Throws: `.emailTaken`.
    func insert(_ user: User, password: StoredPassword) throws(ErrorAnswer)

    func find(_ id: UserID) throws(ErrorAnswer) -> User?
    func find(email: EmailAddress) throws(ErrorAnswer) -> User?

    func findCredentials(email: EmailAddress) throws(ErrorAnswer) -> (user: User, password: StoredPassword)?
    func findPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String?
    /// The same, and nobody changes it until the transaction ends: what rests on it is seen by whoever changes it next.
    func lockPasswordHash(_ id: UserID) throws(ErrorAnswer) -> String?

    /// Changes the names; nil when there is no such user.
    func rename(_ id: UserID, first: PersonName, last: PersonName, at now: Timestamp) throws(ErrorAnswer) -> User?
    /// Lets the user log in or not; nil when there is no such user.
    func setActive(_ isActive: Bool, of id: UserID, at now: Timestamp) throws(ErrorAnswer) -> User?

    /// Users in the order of their ids, which is that of registration, ids above `after`.
    func list(after: UserID?, limit: Int) throws(ErrorAnswer) -> [User]

    func setPassword(_ password: StoredPassword, of id: UserID, at now: Timestamp) throws(ErrorAnswer)
}
