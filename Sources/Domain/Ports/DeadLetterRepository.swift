package import Base
package import Contract

/// The events of one database that were given up.
package protocol DeadLetterRepository {
    /// Newest first.
    func list(limit: Int) throws(ErrorAnswer) -> [DeadLetter]

    /// Adds an event that is in no outbox (it came from a broker), unless it is here already.
    func add(_ event: Event, cause: String, attempts: Int, firstFailure: Timestamp, at now: Timestamp)
        throws(ErrorAnswer)

    /// Puts letters back into the outbox, to be delivered as if they were new; how many.
    ///
    /// - Parameter id: one letter; nil for all.
    func revive(_ id: EventID?) throws(ErrorAnswer) -> Int
}
