package import Base
package import Contract

/// The outbox of one database, as its reader sees it: by state, never by last id, since late commits would be skipped.
package protocol OutboxRepository {
    /// The oldest events that are due and have no older one of their aggregate before them, their rows locked until the
    /// transaction ends; events that others hold are skipped. Several are looked for among the oldest only, four times
    /// as many as the limit; one is found wherever it is.
    func take(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry]

    /// When the next event is due, blocked ones included; nil when the outbox is empty.
    func nextDue() throws(ErrorAnswer) -> Timestamp?

    /// The oldest events that are due in order, without those behind one of their aggregate that is not, their rows
    /// locked until the transaction ends; nil while another reader takes batches of this outbox, since two would break
    /// the order.
    func takeBatch(limit: Int, at now: Timestamp) throws(ErrorAnswer) -> [OutboxEntry]?

    /// Locks an event that is still waiting; how many tries of it failed.
    func lock(_ id: EventID) throws(ErrorAnswer) -> Int?

    /// Forgets events that have been delivered.
    func markDelivered(_ ids: [EventID]) throws(ErrorAnswer)

    /// Notes a failed try; the event is due again at `retry`.
    func markFailed(_ id: EventID, cause: String, retry: Timestamp) throws(ErrorAnswer)

    /// Puts an event back that had left for a broker and failed there, whether or not its row is still here.
    func putBack(_ event: Event, after failures: EventFailures, retry: Timestamp) throws(ErrorAnswer)

    /// Moves an event that nobody can take to the dead letters.
    func bury(_ id: EventID, cause: String, at now: Timestamp) throws(ErrorAnswer)

    /// The events that wait, oldest first.
    func list(limit: Int) throws(ErrorAnswer) -> [OutboxEntry]

    /// What waits here and what is dead.
    func backlog() throws(ErrorAnswer) -> EventBacklog
}

/// One event that waits in an outbox.
package struct OutboxEntry: Equatable, Sendable {
    package let id: EventID
    /// As it was written.
    package let type: String
    /// Nil when the event's type is not known to this version.
    package let event: Event?
    /// Tries that failed.
    package let attempts: Int
    /// Why the last try failed.
    package let lastError: String?
    package let firstFailure: Timestamp?

    package init(
        id: EventID, type: String, event: Event?, attempts: Int, lastError: String? = nil,
        firstFailure: Timestamp? = nil
    ) {
        self.id = id
        self.type = type
        self.event = event
        self.attempts = attempts
        self.lastError = lastError
        self.firstFailure = firstFailure
    }
}

/// The tries of an event that failed.
package struct EventFailures: Equatable, Sendable {
    package let attempts: Int
    package let first: Timestamp
    /// Of the last.
    package let cause: String

    package init(attempts: Int, first: Timestamp, cause: String) {
        self.attempts = attempts
        self.first = first
        self.cause = cause
    }
}
