package import Base
package import Contract
package import Domain

/// The bus without a broker: handlers are fed from the outbox, one transaction an event, which holds the event's row,
/// the handler's effect in the database and the end of the event together.
package struct EmbeddedBus: EventBus {
    private let data: any UnitOfWork
    private let runner: HandlerRunner
    private let retries: RetryPolicy
    private let fuse: DeadLetterFuse
    private let tally: EventTally
    private let clock: any WallClock
    private let log: Log

    package init(
        data: any UnitOfWork, runner: HandlerRunner, retries: RetryPolicy, fuse: DeadLetterFuse,
        tally: EventTally = EventTally(), clock: any WallClock, log: Log
    ) {
        self.data = data
        self.runner = runner
        self.retries = retries
        self.fuse = fuse
        self.tally = tally
        self.clock = clock
        self.log = log
    }

    private enum Step {
        /// Nothing can be taken now; perhaps later.
        case nothingDue(again: Duration?)
        case settled
        case failed
    }

    package func drain(_ place: EventPlace, while goesOn: () -> Bool) throws(ErrorAnswer) -> Drain {
        var drain = Drain()
        while goesOn() {
            switch try step(place) {
            case .nothingDue(let again):
                drain.again = again
                return drain
            case .settled: drain.settled += 1
            case .failed: continue
            }
        }
        return drain
    }

    private func step(_ place: EventPlace) throws(ErrorAnswer) -> Step {
        var taken: OutboxEntry?
        var again: Duration?
        do {
            let handled: OutboxEntry? = try data.at(place, .write) { home throws(ErrorAnswer) in
                taken = try home.outbox.takeNext(at: clock.now())
                guard let entry = taken else {
                    // Not at once: what is due already is held by another worker or waits for its aggregate.
                    again = try home.outbox.nextDue().map { max(.milliseconds(200), $0 - clock.now()) }
                    return nil
                }
                guard let event = entry.event else {
                    throw ErrorAnswer(.validationError, cause: "the event's type \(entry.type) is not known")
                }
                _ = try runner.run(event, in: home)
                try home.outbox.markDelivered([entry.id])
                return entry
            }
            guard let handled else { return .nothingDue(again: again) }
            tally.add(handled.type, .produced)
            tally.add(handled.type, .consumed)
            if let event = handled.event { fuse.succeeded(event.id, tenant: event.tenantID) }
            log.debug(
                "event delivered",
                [
                    "event.id": .text(handled.id.description), "event.type": .text(handled.type),
                    "request.id": .text(handled.event?.requestID ?? ""),
                ])
            return .settled
        } catch {
            // Without an event in hand the database itself is in trouble.
            guard let taken else { throw error }
            return try settleFailure(of: taken, error, place)
        }
    }

    /// In a transaction of its own: the event's was rolled back, with all that the handler wrote.
    private func settleFailure(
        of entry: OutboxEntry, _ error: ErrorAnswer, _ place: EventPlace
    ) throws(ErrorAnswer) -> Step {
        let cause = error.deliveryCause
        let pause = pause(after: error, of: entry)
        let now = clock.now()
        try data.at(place, .write) { home throws(ErrorAnswer) in
            guard try home.outbox.lock(entry.id) != nil else { return }
            if let pause {
                try home.outbox.markFailed(entry.id, cause: cause, retry: now + pause)
            } else {
                try home.outbox.bury(entry.id, cause: cause, at: now)
            }
        }
        tally.add(entry.type, pause == nil ? .dead : .failed)
        let failures = EventFailures(
            attempts: entry.attempts + 1, first: entry.firstFailure ?? now, cause: cause)
        log.failedDelivery(
            entry.id, type: entry.type, requestID: entry.event?.requestID ?? "", failures, isDead: pause == nil)
        return pause == nil ? .settled : .failed
    }

    /// Nil for an event that is given up.
    private func pause(after error: ErrorAnswer, of entry: OutboxEntry) -> Duration? {
        guard let event = entry.event, !error.isPermanent else { return nil }
        // Nothing is the event's fault while a database is away.
        guard error.code != .serviceUnavailable else { return retries.patientDelay(afterAttempt: entry.attempts + 1) }
        if let planned = retries.delay(afterAttempt: entry.attempts + 1) { return planned }
        return fuse.permitsDeath(of: event.id, tenant: event.tenantID) ? nil : retries.longest
    }
}

extension ErrorAnswer {
    /// What is kept with a failed event.
    var deliveryCause: String { "\(code.rawValue): \(cause ?? message)" }

    /// Whether trying again cannot help: the event itself is wrong.
    var isPermanent: Bool { code == .validationError || code == .tenantNotFound }
}

extension Log {
    func failedDelivery(
        _ id: EventID, type: String, requestID: String, _ failures: EventFailures, isDead: Bool
    ) {
        write(
            isDead ? .error : .warning, isDead ? "event is dead" : "event failed",
            [
                "event.id": .text(id.description), "event.type": .text(type), "event.cause": .text(failures.cause),
                "event.attempts": .integer(Int64(failures.attempts)), "request.id": .text(requestID),
            ])
    }
}
