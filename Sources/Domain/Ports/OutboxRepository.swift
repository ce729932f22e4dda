package import Base
package import Contract

/// The outbox of one database, as its reader sees it: by state, never by last id, since late commits would be skipped.
package protocol OutboxRepository {
    /// The oldest event that is due, its row locked until the transaction ends; events that others hold are skipped.
    func takeNext(at now: Timestamp) throws(ErrorAnswer) -> OutboxEntry?

    /// Forgets an event that has been delivered.
    func markDelivered(_ id: EventID) throws(ErrorAnswer)

    /// Notes a failed try; the event is due again at `retry`.
    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer)

    /// Moves an event that nobody can take to the dead letters.
    func bury(_ id: EventID, cause: String, at now: Timestamp) throws(ErrorAnswer)
}

/// One event that waits in an outbox.
package struct OutboxEntry: Equatable, Sendable {
    package let id: EventID
    /// Nil when the event's type is not known to this version.
    package let event: Event?
    /// Tries that failed.
    package let attempts: Int

    package init(id: EventID, event: Event?, attempts: Int) {
        self.id = id
        self.event = event
        self.attempts = attempts
    }
}
