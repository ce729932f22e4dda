package import Contract

/// The messages of the demo routes that the event worker consumed, in the main database.
package protocol DemoRepository {
    /// Stores a consumed message; one that is there already stays as it is. Of each user the last `limit` are kept.
    func insert(_ message: DemoMessage, keeping limit: Int) throws(ErrorAnswer)

    /// The user's messages, the last consumed first.
    func last(_ limit: Int, of user: UserID) throws(ErrorAnswer) -> [DemoMessage]
}
