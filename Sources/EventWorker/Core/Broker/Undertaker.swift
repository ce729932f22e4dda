import Base
import Contract
import Domain

/// Puts messages of the broker aside that cannot be handled: into a table, and on the topic `<topic>.dlq`.
struct Undertaker: Sendable {
    let data: any UnitOfWork
    let broker: any EventBroker
    let tally: EventTally
    let clock: any WallClock
    let log: Log

    /// An event that was given up.
    ///
    /// - Returns: false when the message must come again.
    func bury(
        _ event: Event, _ message: BrokerReader.Message, _ failures: EventFailures, in place: EventPlace
    ) throws(ErrorAnswer) -> Bool {
        try data.at(place, .write) { home throws(ErrorAnswer) in
            try home.deadLetters.add(
                event, cause: failures.cause, attempts: failures.attempts, firstFailure: failures.first,
                at: clock.now())
        }
        tally.add(event.type.rawValue, .dead)
        log.failedDelivery(
            event.id, type: event.type.rawValue, requestID: event.requestID, failures, isDead: true)
        return sendToDeadLetterTopic(message, failures)
    }

    /// A message that is no event of ours.
    ///
    /// - Returns: false when the message must come again.
    func reject(_ message: BrokerReader.Message, _ cause: String) -> Bool {
        let now = clock.now()
        do throws(ErrorAnswer) {
            try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.operations.reject(
                    RejectedMessage(place: message.place, cause: cause, payload: message.payload, at: now))
            }
        } catch {
            return false
        }
        tally.add(message.place.topic, .rejected)
        log.error(
            "message is no event",
            [
                "kafka.topic": .text(message.place.topic), "kafka.offset": .integer(message.place.offset),
                "event.cause": .text(cause),
            ])
        return sendToDeadLetterTopic(message, EventFailures(attempts: 1, first: now, cause: cause))
    }

    /// The copy for others who read the broker. What the broker refuses for its size is cut.
    private func sendToDeadLetterTopic(_ message: BrokerReader.Message, _ failures: EventFailures) -> Bool {
        func send(_ payload: [UInt8]) -> BrokerFailure? {
            let letter = BrokerMessage(
                topic: "\(message.place.topic).dlq", key: message.key, payload: payload,
                headers: [
                    ("cause", failures.cause), ("attempts", "\(failures.attempts)"),
                    ("first_failure", failures.first.description),
                    ("source", message.place.description),
                ])
            return broker.send([letter])[0]
        }
        guard let failure = send(message.payload) else { return true }
        // The table has it in any case: a topic that refuses it must not stop the others.
        guard failure.isPermanent else { return false }
        _ = send(Array(message.payload.prefix(65_536)))
        return true
    }
}
