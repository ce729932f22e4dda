package import Base
import Contract
package import Domain

/// What is done with a message of the broker: the same handlers under the same inbox as without a broker.
package struct BrokerReader: Sendable {
    /// A message as it was read.
    package struct Message: Sendable {
        package let topic: String
        package let partition: Int32
        package let offset: Int64
        package let key: [UInt8]?
        package let payload: [UInt8]

        package init(topic: String, partition: Int32, offset: Int64, key: [UInt8]?, payload: [UInt8]) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
            self.key = key
            self.payload = payload
        }
    }

    private let data: any UnitOfWork
    private let tenants: LivingTenants
    private let runner: HandlerRunner
    private let broker: any EventBroker
    private let retries: RetryPolicy
    private let fuse: DeadLetterFuse
    private let clock: any WallClock
    private let log: Log

    /// - Parameter retries: inside one call of `handle`, which they make longer.
    package init(
        data: any UnitOfWork, runner: HandlerRunner, broker: any EventBroker, retries: RetryPolicy,
        fuse: DeadLetterFuse, clock: any WallClock, log: Log
    ) {
        self.data = data
        tenants = LivingTenants(data: data)
        self.runner = runner
        self.broker = broker
        self.retries = retries
        self.fuse = fuse
        self.clock = clock
        self.log = log
    }

    /// Handles a message to its end: its effect, or its place among the dead. Blocks, pauses between tries included.
    ///
    /// - Returns: false when the message must come again: the database is away, most events fail, or `goesOn` said no.
    package func handle(_ message: Message, while goesOn: () -> Bool) -> Bool {
        let event: Event
        do throws(EnvelopeError) {
            event = try EventEnvelope(parsing: message.payload).event
            guard event.type.rawValue == message.topic else { throw EnvelopeError("the topic is another type's") }
        } catch {
            return reject(message, error.sentence)
        }
        let firstTry = clock.now()
        var attempt = 1
        while goesOn() {
            do throws(ErrorAnswer) {
                try deliver(event)
                fuse.succeeded()
                return true
            } catch {
                if error.code == .tenantNotFound { return reject(message, "the event's tenant is not known") }
                // Nothing is the event's fault while the database is away.
                guard error.code != .serviceUnavailable else { return false }
                if !error.isPermanent, let pause = retries.delay(afterAttempt: attempt) {
                    log.failedDelivery(
                        event.id, type: event.type.rawValue, cause: error.deliveryCause, attempts: attempt,
                        isDead: false)
                    attempt += 1
                    Pause.sleep(pause)
                    continue
                }
                guard fuse.permitsDeath() else { return false }
                return bury(event, message, error.deliveryCause, attempts: attempt, firstFailure: firstTry)
            }
        }
        return false
    }

    private func deliver(_ event: Event) throws(ErrorAnswer) {
        guard let place = try place(of: event) else { return }
        let isFirst = try data.at(place, .write) { home throws(ErrorAnswer) in try runner.run(event, in: home) }
        log.debug(
            isFirst ? "event delivered" : "event was delivered before",
            ["event.id": .text(event.id.description), "event.type": .text(event.type.rawValue)])
    }

    /// Nil when the event's tenant has been deleted.
    private func place(of event: Event) throws(ErrorAnswer) -> EventPlace? {
        if event.type.isOfMain { return .main }
        return try tenants.find(event.tenantID).map { .tenant($0.database) }
    }

    private func bury(
        _ event: Event, _ message: Message, _ cause: String, attempts: Int, firstFailure: Timestamp
    ) -> Bool {
        do throws(ErrorAnswer) {
            guard let place = try place(of: event) else { return true }
            try data.at(place, .write) { home throws(ErrorAnswer) in
                try home.deadLetters.add(
                    event, cause: cause, attempts: attempts, firstFailure: firstFailure, at: clock.now())
            }
        } catch {
            return false
        }
        log.failedDelivery(event.id, type: event.type.rawValue, cause: cause, attempts: attempts, isDead: true)
        return sendToDeadLetterTopic(message, cause, attempts: attempts, firstFailure: firstFailure)
    }

    private func reject(_ message: Message, _ cause: String) -> Bool {
        let now = clock.now()
        do throws(ErrorAnswer) {
            try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.operations.reject(
                    RejectedMessage(
                        topic: message.topic, partition: message.partition, offset: message.offset, cause: cause,
                        payload: message.payload), at: now)
            }
        } catch {
            return false
        }
        log.error(
            "message is no event",
            [
                "kafka.topic": .text(message.topic), "kafka.offset": .integer(message.offset),
                "event.cause": .text(cause),
            ])
        return sendToDeadLetterTopic(message, cause, attempts: 1, firstFailure: now)
    }

    /// The copy for others who read the broker. What the broker refuses for its size is cut.
    private func sendToDeadLetterTopic(
        _ message: Message, _ cause: String, attempts: Int, firstFailure: Timestamp
    ) -> Bool {
        func send(_ payload: [UInt8]) -> BrokerFailure? {
            let letter = BrokerMessage(
                topic: "\(message.topic).dlq", key: message.key, payload: payload,
                headers: [
                    ("cause", cause), ("attempts", "\(attempts)"), ("first_failure", firstFailure.description),
                    ("source", "\(message.topic)/\(message.partition)/\(message.offset)"),
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
