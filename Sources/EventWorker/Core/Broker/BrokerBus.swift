package import Base
package import Contract
package import Domain

/// The bus through a broker: batches of an outbox are sent in order under the tenant's key, and leave the outbox in the
/// transaction that holds them when the broker has stored them. A crash in between sends them again; the reader's inbox
/// tells.
package final class BrokerBus: EventBus {
    private let data: any UnitOfWork
    private let broker: any EventBroker
    private let tally: EventTally
    private let clock: any WallClock
    private let log: Log
    /// Until when nothing is sent, after a failure; nil while the broker works.
    private let closedUntil = Condition<ContinuousClock.Instant?>(nil)

    private static let batch = 200
    private static let pause: Duration = .seconds(1)

    package init(
        data: any UnitOfWork, broker: any EventBroker, tally: EventTally = EventTally(), clock: any WallClock,
        log: Log
    ) {
        self.data = data
        self.broker = broker
        self.tally = tally
        self.clock = clock
        self.log = log
    }

    /// Whether the last batch went through.
    package var isUp: Bool { closedUntil.withLock { $0 == nil } }

    package func drain(_ place: EventPlace, while goesOn: () -> Bool) throws(ErrorAnswer) -> Drain {
        var drain = Drain()
        while goesOn() {
            guard isOpen() else {
                drain.again = Self.pause
                return drain
            }
            guard let sent = try sendBatch(of: place) else {
                drain.again = .milliseconds(200)
                return drain
            }
            drain.settled += sent.settled
            if sent.failure != nil {
                drain.again = Self.pause
                return drain
            }
            if sent.taken < Self.batch {
                drain.again = sent.nextDue
                return drain
            }
        }
        return drain
    }

    /// Whether to try: always while the broker works, else one caller after each pause.
    private func isOpen() -> Bool {
        closedUntil.withLock { until in
            guard let limit = until else { return true }
            guard ContinuousClock.now >= limit else { return false }
            until = .now + Self.pause * 10
            return true
        }
    }

    private struct Sent {
        var taken = 0
        var settled = 0
        var failure: BrokerFailure?
        /// When what was put back is to be sent, after an incomplete batch.
        var nextDue: Duration?
    }

    /// Nil while another reader sends from this outbox.
    private func sendBatch(of place: EventPlace) throws(ErrorAnswer) -> Sent? {
        let sent = try data.at(place, .write) { home throws(ErrorAnswer) -> Sent? in
            guard let entries = try home.outbox.takeBatch(limit: Self.batch, at: clock.now()) else { return nil }
            var sent = Sent(taken: entries.count)
            for entry in entries where entry.event == nil {
                try bury(entry, "the event's type \(entry.type) is not known", home)
                sent.settled += 1
            }
            let known = entries.filter { $0.event != nil }
            let failures = known.isEmpty ? [] : broker.send(known.compactMap(BrokerMessage.init(_:)))
            var stored: [EventID] = []
            for (entry, failure) in zip(known, failures) {
                if let failure, failure.isPermanent {
                    try bury(entry, failure.cause, home)
                    sent.settled += 1
                } else if let failure {
                    sent.failure = failure
                } else {
                    stored.append(entry.id)
                }
            }
            try home.outbox.markDelivered(stored)
            sent.settled += stored.count
            if sent.taken < Self.batch, let due = try home.outbox.nextDue() {
                sent.nextDue = max(.milliseconds(50), due - clock.now())
            }
            return sent
        }
        if let sent { note(sent.failure, wasTried: sent.taken > 0) }
        return sent
    }

    private func note(_ failure: BrokerFailure?, wasTried: Bool) {
        let change: Bool? = closedUntil.withLock { until in
            let wasUp = until == nil
            if failure != nil {
                until = .now + Self.pause
                return wasUp ? false : nil
            }
            guard wasTried else {
                // Nothing was there to try with: the next one may.
                if !wasUp { until = .now }
                return nil
            }
            until = nil
            return wasUp ? nil : true
        }
        if change == false {
            log.error("the broker is away; events wait in their outboxes", ["error.cause": .text(failure?.cause ?? "")])
        } else if change == true {
            log.info("the broker is back")
        }
    }

    private func bury(_ entry: OutboxEntry, _ cause: String, _ home: EventHome) throws(ErrorAnswer) {
        try home.outbox.bury(entry.id, cause: cause, at: clock.now())
        tally.add(entry.type, .dead)
        log.error("event is dead", ["event.id": .text(entry.id.description), "event.cause": .text(cause)])
    }
}
