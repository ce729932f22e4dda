package import Domain

/// How often one process rings for an outbox, without any clock or thread: writes that follow each other closely cost
/// one ring a second, and a single one is told from them, since it spares the worker a look.
package struct RingRhythm {
    package typealias Instant = ContinuousClock.Instant

    private var last: [Outbox: (promise: Ring.Promise, time: Instant)] = [:]

    /// How long after a ring that promises several transactions a process is quiet about that outbox; the worker looks
    /// again after it.
    package static let quietPeriod: Duration = .seconds(1)
    /// More outboxes than that are not remembered: their next rings are taken for single ones.
    private static let most = 10_000

    package init() {}

    /// What to ring now for a transaction that is about to commit; nil for not at all.
    package mutating func promise(for outbox: Outbox, at now: Instant) -> Ring.Promise? {
        // One session of the worker's is always in the main database: looks there cost little.
        guard case .tenant = outbox else { return .one }
        var promise = Ring.Promise.one
        if let last = last[outbox] {
            let age = last.time.duration(to: now)
            switch last.promise {
            case .one: if age < Self.quietPeriod { promise = .several }
            case .several:
                if age < Self.quietPeriod { return nil }
                if age < Self.quietPeriod * 2 { promise = .several }
            }
        }
        if last.count >= Self.most { last.removeAll() }
        last[outbox] = (promise, now)
        return promise
    }

    /// The ring did not come through: the next one must.
    package mutating func forget(_ outbox: Outbox) { last[outbox] = nil }
}
