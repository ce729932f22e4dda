package import Domain

/// When to look into which outbox, without any clock or thread: rings in, places to look at out.
///
/// A ring comes before its commit. So an outbox is looked at soon after the ring, then at growing distances until the
/// ring is older than the longest transaction. A look that found something is followed by a late one only if all that
/// was promised has come; otherwise also by one after the quiet period. With many tenants each look is a connection.
package struct RingSchedule {
    package typealias Instant = ContinuousClock.Instant

    private struct Entry {
        var rung: Instant
        var step = 0
        var due: Instant
        /// Somebody is looking.
        var isTaken = false
        var rangWhileTaken = false
        /// Something was found since the last ring.
        var hasFound = false
        /// Transactions that were promised since nothing was waited for; nil when nobody knows how many follow.
        var promised: Int? = 0

        mutating func note(_ promise: Ring.Promise) {
            if hasFound, step == RingSchedule.lastLook { promised = 0 }
            switch promise {
            case .one: promised = promised.map { $0 + 1 }
            case .several: promised = nil
            }
        }
    }

    private var entries: [Outbox: Entry] = [:]

    /// Distances from the ring; the last is longer than any transaction lives (statement and idle timeouts).
    private static let looks: [Duration] = [
        .milliseconds(15), .milliseconds(120), .milliseconds(500), .milliseconds(1200), .seconds(3), .seconds(9),
        .seconds(25), .seconds(62),
    ]
    /// How much longer a look after a find may wait than one for a ring whose event was not found yet: when there are
    /// more looks than connections, what is known to be waiting comes first, and the next ring may come before a look
    /// that mostly finds nothing.
    private static let patienceAfterFind: Duration = .seconds(4)
    /// The look that follows a find when more may come: after the quiet period in which a process does not ring again.
    private static let lookAfterFind = 3
    /// When it is all that is left, nothing is waited for any more.
    private static let lastLook = looks.count - 1

    package init() {}

    /// How many outboxes are watched.
    package var count: Int { entries.count }

    /// Whether the outbox will be looked at.
    package func isWatching(_ outbox: Outbox) -> Bool { entries[outbox] != nil }

    /// Somebody rang for the outbox.
    package mutating func ring(_ outbox: Outbox, _ promise: Ring.Promise, at now: Instant) {
        let due = now + Self.looks[0]
        guard var entry = entries[outbox] else {
            entries[outbox] = Entry(rung: now, due: due)
            entries[outbox]?.note(promise)
            return
        }
        entry.note(promise)
        // A look that is planned before stays: a stream of rings must not push it away.
        entry.due = min(entry.due, due)
        entry.rung = now
        entry.step = 0
        entry.hasFound = false
        entry.rangWhileTaken = entry.isTaken
        entries[outbox] = entry
    }

    /// The outbox to look at now: the one that is due longest, looks after a find behind the others. It is given to
    /// nobody else until `finish`.
    package mutating func take(at now: Instant) -> Outbox? {
        var first: (outbox: Outbox, urgency: Instant)?
        for (outbox, entry) in entries where !entry.isTaken && entry.due <= now {
            let urgency = entry.hasFound ? entry.due + Self.patienceAfterFind : entry.due
            if first.map({ urgency < $0.urgency }) ?? true { first = (outbox, urgency) }
        }
        guard let first else { return nil }
        entries[first.outbox]?.isTaken = true
        return first.outbox
    }

    /// The look is over.
    ///
    /// - Parameters:
    ///   - found: whether something was there.
    ///   - again: when to look next in any case.
    /// - Returns: true when the outbox is watched no more: the ring can be forgotten.
    package mutating func finish(_ outbox: Outbox, found: Bool, again: Duration?, at now: Instant) -> Bool {
        guard var entry = entries[outbox] else { return true }
        entry.isTaken = false
        if entry.rangWhileTaken {
            entry.rangWhileTaken = false
            entry.step = 0
        } else {
            entry.step += 1
            if found ? entry.promised == 1 : entry.hasFound {
                entry.step = max(entry.step, Self.lastLook)
            } else if found {
                entry.step = max(entry.step, Self.lookAfterFind)
            }
            entry.hasFound = entry.hasFound || found
        }
        while entry.step < Self.looks.count, entry.rung + Self.looks[entry.step] < now, entry.step > 0 {
            entry.step += 1
        }
        if entry.step >= Self.looks.count, again == nil {
            entries[outbox] = nil
            return true
        }
        entry.step = min(entry.step, Self.looks.count - 1)
        let planned = max(now, entry.rung + Self.looks[entry.step])
        entry.due = again.map { min(planned, now + $0) } ?? planned
        if let again, planned <= now { entry.due = now + again }
        entries[outbox] = entry
        return false
    }

    /// When the next look is due; nil when nothing is watched that is not being looked at.
    package var nextDue: Instant? { entries.values.filter { !$0.isTaken }.map(\.due).min() }
}
