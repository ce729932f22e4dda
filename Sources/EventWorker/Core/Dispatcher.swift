package import Base
package import Contract
package import Domain

/// Delivers the events of one outbox to their handlers, one transaction an event.
package struct Dispatcher: Sendable {
    private let handlers: [EventType: any EventHandler]
    private let retries: RetryPolicy
    private let clock: any WallClock
    private let log: Log

    package init(handlers: [any EventHandler], retries: RetryPolicy = RetryPolicy(), clock: any WallClock, log: Log) {
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.type, $0) })
        self.retries = retries
        self.clock = clock
        self.log = log
    }

    /// Delivers the oldest due event and settles it in the transaction that holds it.
    ///
    /// - Returns: false when none was due.
    package func deliverNext(from outbox: any OutboxRepository) throws(ErrorAnswer) -> Bool {
        let now = clock.now()
        guard let entry = try outbox.takeNext(at: now) else { return false }
        guard let event = entry.event else {
            try outbox.bury(entry.id, cause: "the event's type is not known", at: now)
            log.error("event is dead", ["event.id": .text(entry.id.description), "event.cause": "unknown type"])
            return true
        }
        do throws(ErrorAnswer) {
            try handlers[event.type]?.handle(event)
            try outbox.markDelivered(entry.id)
            log.debug(
                "event delivered", ["event.id": .text(event.id.description), "event.type": .text(event.type.rawValue)])
        } catch {
            try settleFailure(of: event, after: entry.attempts, error, in: outbox)
        }
        return true
    }

    private func settleFailure(
        of event: Event, after attempts: Int, _ error: ErrorAnswer, in outbox: any OutboxRepository
    ) throws(ErrorAnswer) {
        let cause = "\(error.code.rawValue): \(error.cause ?? error.message)"
        if let delay = retries.delay(afterAttempt: attempts + 1) {
            try outbox.markFailed(event.id, cause: cause, retry: clock.now() + delay)
            log.warning(
                "event failed",
                [
                    "event.id": .text(event.id.description), "event.type": .text(event.type.rawValue),
                    "event.cause": .text(cause), "event.attempts": .integer(Int64(attempts + 1)),
                ])
        } else {
            try outbox.bury(event.id, cause: cause, at: clock.now())
            log.error(
                "event is dead",
                [
                    "event.id": .text(event.id.description), "event.type": .text(event.type.rawValue),
                    "event.cause": .text(cause),
                ])
        }
    }
}
