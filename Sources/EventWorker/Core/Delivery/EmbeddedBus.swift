package import Base
package import Contract
package import Domain

/// The bus without a broker: handlers are fed from the outbox, in a transaction that holds the event's row, the handler's
/// effect in the database and the end of the event together.
///
/// Events whose handlers allow it share a transaction. When one of them fails, nothing has happened, and each is tried in
/// a transaction of its own.
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

    /// How many events are taken at a time.
    private static let most = 16
    /// How long events may be handled in one transaction before it is committed.
    private static let together: Duration = .milliseconds(100)

    private enum Step {
        /// Nothing can be taken now; perhaps later.
        case nothingDue(again: Duration?)
        /// Nothing can be taken near the beginning of the outbox, though something is due.
        case nothingNear
        /// So many were delivered; `isLast` when the outbox holds nothing more.
        case delivered(Int, isLast: Bool)
        /// The last of so many failed, and none was delivered.
        case broken(Int)
        case buried
        case failed
    }

    package func drain(_ place: EventPlace, while goesOn: () -> Bool) throws(ErrorAnswer) -> Drain {
        var drain = Drain()
        var hasFailed = false
        var single = 0
        while goesOn() {
            let limit = single > 0 ? 1 : Self.most
            single = max(0, single - 1)
            switch try step(place, limit: limit) {
            case .nothingDue(let again):
                drain.again = again
                drain.isClean = again == nil && drain.settled > 0 && !hasFailed
                return drain
            case .delivered(let count, let isLast):
                drain.settled += count
                if isLast {
                    drain.isClean = !hasFailed
                    return drain
                }
                // Such as events of one aggregate: looking for more of them each time would cost more than it gives.
                if count == 1, limit > 1 { single = Self.most }
            case .nothingNear: single = 1
            case .broken(let count): single = count
            case .buried:
                drain.settled += 1
                hasFailed = true
            case .failed: hasFailed = true
            }
        }
        return drain
    }

    private func step(_ place: EventPlace, limit: Int) throws(ErrorAnswer) -> Step {
        var begun: [OutboxEntry] = []
        /// No more could be taken.
        var tookAll = false
        var due: Timestamp?
        do {
            // Undone by a crash, the events are in the outbox again and their effects are not there.
            try data.at(place, .redoable) { home throws(ErrorAnswer) in
                begun = []
                let taken = try home.outbox.take(limit: limit, at: clock.now())
                if !taken.isEmpty {
                    try handle(taken, in: home, begun: &begun)
                    try home.outbox.markDelivered(begun.map(\.id))
                }
                tookAll = begun.count == taken.count && taken.count < limit
                if tookAll { due = try home.outbox.nextDue() }
            }
            for entry in begun { noteDelivery(of: entry) }
            guard begun.isEmpty else { return .delivered(begun.count, isLast: tookAll && due == nil) }
            let now = clock.now()
            if limit > 1, let due, due <= now { return .nothingNear }
            // Not at once: what is due already is held by another worker or waits for its aggregate.
            return .nothingDue(again: due.map { max(.milliseconds(200), $0 - now) })
        } catch {
            // Without an event in hand the database itself is in trouble.
            guard let first = begun.first else { throw error }
            return begun.count > 1 ? .broken(begun.count) : try settleFailure(of: first, error, place)
        }
    }

    /// Handles the first of these events, and the others as far as they go with it.
    private func handle(
        _ taken: [OutboxEntry], in home: EventHome, begun: inout [OutboxEntry]
    ) throws(ErrorAnswer) {
        let sharing = taken.prefix { $0.event.map { runner.sharesTransaction($0.type) } ?? false }
        let group = sharing.isEmpty ? taken.prefix(1) : sharing
        let claimed = try runner.claim(group.compactMap(\.event), in: home)
        let end = ContinuousClock.now + Self.together
        for entry in group {
            if !begun.isEmpty, ContinuousClock.now >= end { break }
            begun.append(entry)
            guard let event = entry.event else {
                throw ErrorAnswer(.validationError, cause: "the event's type \(entry.type) is not known")
            }
            if claimed.contains(event.id) { try runner.handle(event, in: home) }
        }
        let left = group.dropFirst(begun.count).compactMap(\.event).filter { claimed.contains($0.id) }
        try runner.release(left, in: home)
    }

    private func noteDelivery(of entry: OutboxEntry) {
        tally.add(entry.type, .produced)
        tally.add(entry.type, .consumed)
        if let event = entry.event { fuse.succeeded(event.id, tenant: event.tenantID) }
        log.debug(
            "event delivered",
            [
                "event.id": .text(entry.id.description), "event.type": .text(entry.type),
                "request.id": .text(entry.event?.requestID ?? ""),
            ])
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
        return pause == nil ? .buried : .failed
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
