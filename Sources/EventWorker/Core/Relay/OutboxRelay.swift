package import Base
package import Contract
package import Domain

/// Finds outboxes that hold events and has them drained: rung ones soon, all of them now and then.
///
/// One thread listens to the doorbell; a few others, the connection budget's measure, look into the outboxes.
package final class OutboxRelay: Sendable {
    private let data: any UnitOfWork
    private let board: any DoorbellBoard
    private let bus: any EventBus
    private let clock: any WallClock
    private let log: Log
    private let schedule = Condition(RingSchedule())
    private let isStopping = Condition(false)
    /// The outboxes of which something that stays behind was noted.
    private let noted = Condition<Set<EventPlace>>([])

    package init(data: any UnitOfWork, board: any DoorbellBoard, bus: any EventBus, clock: any WallClock, log: Log) {
        self.data = data
        self.board = board
        self.bus = bus
        self.clock = clock
        self.log = log
    }

    /// Takes rings until stopped. Run on one thread.
    package func listen() {
        var nextReading = ContinuousClock.now
        while goesOn {
            hear(board.waitForRings(timeout: .milliseconds(500)))
            guard ContinuousClock.now >= nextReading else { continue }
            nextReading = .now + .seconds(1)
            readBoard()
        }
    }

    /// Looks into outboxes as they become due, until stopped. Run on any number of threads.
    package func work() {
        while goesOn {
            let now = ContinuousClock.now
            let limit = schedule.withLock { min($0.nextDue ?? .distantFuture(from: now), now + .milliseconds(500)) }
            let taken = schedule.wait(until: limit) { schedule in schedule.take(at: .now) }
            guard let taken else { continue }
            visit(taken)
        }
    }

    /// Ends `listen` and `work` after what they are at.
    package func stop() {
        isStopping.update { $0 = true }
        schedule.update { _ in }
    }

    /// Has an outbox looked at soon.
    package func ring(_ outbox: Outbox) { hear([Ring(outbox, .several)]) }

    private func hear(_ rings: [Ring]) {
        guard !rings.isEmpty else { return }
        schedule.update { schedule in
            for ring in rings { schedule.ring(ring.outbox, ring.promise, at: .now) }
        }
    }

    private var goesOn: Bool { !isStopping.withLock { $0 } }

    /// Rings that the listener missed, while it was away or before it was there.
    private func readBoard() {
        do {
            let rung = try board.rungOutboxes()
            hear(
                schedule.withLock { schedule in
                    rung.filter { !schedule.isWatching($0) }.map { Ring($0, .several) }
                })
        } catch {
            log.warning("doorbells cannot be read", ["error.cause": .text(error.deliveryCause)])
        }
    }

    private func visit(_ outbox: Outbox) {
        let time = clock.now()
        var drain = Drain()
        do {
            drain = try look(outbox)
        } catch {
            log.warning("an outbox cannot be read", ["error.cause": .text(error.deliveryCause)])
            drain.again = .seconds(1)
        }
        let isOver = schedule.update { [drain] schedule in
            schedule.finish(outbox, found: drain.settled > 0, again: drain.again, at: .now)
        }
        // Lost silence means one more round of looks.
        if isOver { try? board.silence(outbox, before: time - .seconds(60)) }
    }

    private func look(_ outbox: Outbox) throws(ErrorAnswer) -> Drain {
        guard case .tenant(let id) = outbox else { return try drain(.main, of: nil) }
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
        guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return Drain() }
        return try drain(.tenant(tenant.database), of: id)
    }

    /// Drains an outbox, and notes what stays behind when that may have changed.
    package func drain(_ place: EventPlace, of tenant: TenantID?, notes: Bool = false) throws(ErrorAnswer) -> Drain {
        let drain = try bus.drain(place) { goesOn }
        let isNoted = noted.withLock { $0.contains(place) }
        if notes || isNoted || drain.again != nil || (drain.settled > 0 && !drain.isClean) {
            let backlog = try data.at(place, .read) { home throws(ErrorAnswer) in try home.outbox.backlog() }
            // The usual case: all was delivered, and nothing had been noted.
            if backlog.isEmpty, !isNoted, !notes { return drain }
            noted.withLock { noted in
                guard !backlog.isEmpty else {
                    noted.remove(place)
                    return
                }
                noted.insert(place)
            }
            try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.operations.note(backlog, of: tenant, at: clock.now())
            }
        }
        return drain
    }
}

extension ContinuousClock.Instant {
    fileprivate static func distantFuture(from now: Self) -> Self { now + .seconds(3600) }
}
