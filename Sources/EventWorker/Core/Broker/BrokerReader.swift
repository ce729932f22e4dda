package import Base
import Contract
package import Domain

/// What is done with a message of the broker: the same handlers under the same inbox as without a broker.
///
/// No message waits long at the head of its partition: an event that fails is tried once more soon, then goes back to
/// an outbox with its number of tries, and comes again when it is due.
package struct BrokerReader: Sendable {
    /// A message as it was read.
    package struct Message: Sendable {
        package let place: MessagePlace
        package let key: [UInt8]?
        package let payload: [UInt8]
        /// How often the event failed before it came here, and when first; what its headers say.
        package let earlier: (attempts: Int, first: Timestamp)?

        package init(
            place: MessagePlace, key: [UInt8]?, payload: [UInt8], headers: (String) -> [UInt8]? = { _ in nil }
        ) {
            self.place = place
            self.key = key
            self.payload = payload
            let attempts = headers("attempts").flatMap { Int(String(decoding: $0, as: UTF8.self)) }
            let first = headers("first_failure").flatMap { Timestamp(String(decoding: $0, as: UTF8.self)) }
            earlier = attempts.flatMap { attempts in first.map { (max(0, attempts), $0) } }
        }
    }

    private let data: any UnitOfWork
    private let doorbell: any Doorbell
    private let tenants: LivingTenants
    private let runner: HandlerRunner
    private let undertaker: Undertaker
    private let retries: RetryPolicy
    private let fuse: DeadLetterFuse
    private let tally: EventTally
    private let clock: any WallClock
    private let log: Log

    private let shortPause: Duration

    /// - Parameter shortPause: between the two tries of one reading.
    package init(
        data: any UnitOfWork, doorbell: any Doorbell, runner: HandlerRunner, broker: any EventBroker,
        retries: RetryPolicy, shortPause: Duration = .milliseconds(250), fuse: DeadLetterFuse,
        tally: EventTally = EventTally(), clock: any WallClock, log: Log
    ) {
        self.data = data
        self.doorbell = doorbell
        tenants = LivingTenants(data: data)
        self.runner = runner
        undertaker = Undertaker(data: data, broker: broker, tally: tally, clock: clock, log: log)
        self.retries = retries
        self.shortPause = shortPause
        self.fuse = fuse
        self.tally = tally
        self.clock = clock
        self.log = log
    }

    /// Handles a message to its end: its effect, its place among the dead, or its way back to an outbox. Blocks.
    ///
    /// - Returns: false when the message must come again: the main database or the broker is away, or `goesOn` said no.
    package func handle(_ message: Message, while goesOn: () -> Bool) -> Bool {
        let event: Event
        do throws(EnvelopeError) {
            event = try EventEnvelope(parsing: message.payload).event
            guard event.topic == message.place.topic else { throw EnvelopeError("the topic is another type's") }
        } catch {
            return undertaker.reject(message, error.sentence)
        }
        let earlier = message.earlier ?? (0, clock.now())
        var attempts = earlier.attempts
        while goesOn() {
            do throws(ErrorAnswer) {
                try deliver(event)
                tally.add(event.type.rawValue, .consumed)
                fuse.succeeded(event.id, tenant: event.tenantID)
                return true
            } catch {
                if error.code == .tenantNotFound {
                    return undertaker.reject(message, "the event's tenant is not known")
                }
                attempts += 1
                let failures = EventFailures(attempts: attempts, first: earlier.first, cause: error.deliveryCause)
                if attempts == 1, !error.isPermanent, retries.delay(afterAttempt: 1) != nil, fuse.alarm == nil {
                    tally.add(event.type.rawValue, .failed)
                    log.failedDelivery(
                        event.id, type: event.type.rawValue, requestID: event.requestID, failures, isDead: false)
                    Pause.sleep(shortPause)
                    continue
                }
                return settle(event, message, error, failures)
            }
        }
        return false
    }

    private func deliver(_ event: Event) throws(ErrorAnswer) {
        guard let place = try place(of: event) else { return }
        let isFirst = try data.at(place, .write) { home throws(ErrorAnswer) in try runner.run(event, in: home) }
        log.debug(
            isFirst ? "event delivered" : "event was delivered before",
            [
                "event.id": .text(event.id.description), "event.type": .text(event.type.rawValue),
                "request.id": .text(event.requestID),
            ])
    }

    /// Nil when the event's tenant has been deleted.
    private func place(of event: Event) throws(ErrorAnswer) -> EventPlace? {
        if event.type.isOfMain { return .main }
        return try tenants.find(event.tenantID).map { .tenant($0.database) }
    }

    private func settle(
        _ event: Event, _ message: Message, _ error: ErrorAnswer, _ failures: EventFailures
    ) -> Bool {
        do throws(ErrorAnswer) {
            guard let place = try place(of: event) else { return true }
            // Nothing is the event's fault while its database is away: the main one keeps it meanwhile.
            if error.code == .serviceUnavailable {
                try putBack(event, failures, in: .main, retries.patientDelay(afterAttempt: failures.attempts))
            } else if error.isPermanent {
                return try undertaker.bury(event, message, failures, in: place)
            } else if let pause = retries.delay(afterAttempt: failures.attempts) {
                try putBack(event, failures, in: place, pause)
            } else if fuse.permitsDeath(of: event.id, tenant: event.tenantID) {
                return try undertaker.bury(event, message, failures, in: place)
            } else {
                try putBack(event, failures, in: place, retries.longest)
            }
            tally.add(event.type.rawValue, .failed)
            log.failedDelivery(
                event.id, type: event.type.rawValue, requestID: event.requestID, failures, isDead: false)
            return true
        } catch {
            return false
        }
    }

    private func putBack(
        _ event: Event, _ failures: EventFailures, in place: EventPlace, _ pause: Duration
    ) throws(ErrorAnswer) {
        doorbell.ring(place == .main ? .main : .tenant(event.tenantID))
        try data.at(place, .write) { home throws(ErrorAnswer) in
            try home.outbox.putBack(event, after: failures, retry: clock.now() + pause)
        }
    }
}
