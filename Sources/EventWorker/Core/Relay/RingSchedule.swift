package import Contract

/// When to look into which outbox, without any clock or thread: rings in, places to look at out.
///
/// A ring comes before its commit. So an outbox is looked at soon after the ring, then at growing distances until the
/// ring is older than the longest transaction. A look that found something is followed by one after the quiet period and
/// a late one only: what commits meanwhile has mostly rung by itself, and with many tenants each look is a connection.
package struct RingSchedule {
    package typealias Instant = ContinuousClock.Instant

    /// Whose outbox.
    package enum Key: Hashable, Sendable {
        case main
        case tenant(TenantID)
    }

    private struct Entry {
        var rung: Instant
        var step = 0
        var due: Instant
        /// Somebody is looking.
        var isTaken = false
        var rangWhileTaken = false
        /// Something was found since the last ring.
        var hasFound = false
    }

    private var entries: [Key: Entry] = [:]

    /// Distances from the ring; the last is longer than any transaction lives (statement and idle timeouts).
    private static let looks: [Duration] = [
        .milliseconds(15), .milliseconds(120), .milliseconds(500), .milliseconds(1200), .seconds(3), .seconds(9),
        .seconds(25), .seconds(62),
    ]
    /// How much longer a look after a find may wait than one for a ring whose event was not found yet: when there are
    /// more looks than connections, what is known to be waiting comes first, and the next ring may come before a look
    /// that mostly finds nothing.
    private static let patienceAfterFind: Duration = .seconds(4)
    /// The look that follows a find: after the quiet period in which a process does not ring again.
    private static let lookAfterFind = 3

    package init() {}

    /// How many outboxes are watched.
    package var count: Int { entries.count }

    /// Whether the outbox will be looked at.
    package func isWatching(_ key: Key) -> Bool { entries[key] != nil }

    /// Somebody rang for the outbox.
    package mutating func ring(_ key: Key, at now: Instant) {
        let due = now + Self.looks[0]
        guard var entry = entries[key] else {
            entries[key] = Entry(rung: now, due: due)
            return
        }
        // A look that is planned before stays: a stream of rings must not push it away.
        entry.due = min(entry.due, due)
        entry.rung = now
        entry.step = 0
        entry.hasFound = false
        entry.rangWhileTaken = entry.isTaken
        entries[key] = entry
    }

    /// The outbox to look at now: the one that is due longest, looks after a find behind the others. It is given to
    /// nobody else until `finish`.
    package mutating func take(at now: Instant) -> Key? {
        var first: (key: Key, urgency: Instant)?
        for (key, entry) in entries where !entry.isTaken && entry.due <= now {
            let urgency = entry.hasFound ? entry.due + Self.patienceAfterFind : entry.due
            if first.map({ urgency < $0.urgency }) ?? true { first = (key, urgency) }
        }
        guard let first else { return nil }
        entries[first.key]?.isTaken = true
        return first.key
    }

    /// The look is over.
    ///
    /// - Parameters:
    ///   - found: whether something was there.
    ///   - again: when to look next in any case.
    /// - Returns: true when the outbox is watched no more: the ring can be forgotten.
    package mutating func finish(_ key: Key, found: Bool, again: Duration?, at now: Instant) -> Bool {
        guard var entry = entries[key] else { return true }
        entry.isTaken = false
        if entry.rangWhileTaken {
            entry.rangWhileTaken = false
            entry.step = 0
        } else {
            if found {
                entry.step = max(entry.step + 1, Self.lookAfterFind)
            } else {
                entry.step = entry.hasFound ? max(entry.step + 1, Self.looks.count - 1) : entry.step + 1
            }
            entry.hasFound = entry.hasFound || found
        }
        while entry.step < Self.looks.count, entry.rung + Self.looks[entry.step] < now, entry.step > 0 {
            entry.step += 1
        }
        if entry.step >= Self.looks.count, again == nil {
            entries[key] = nil
            return true
        }
        entry.step = min(entry.step, Self.looks.count - 1)
        let planned = max(now, entry.rung + Self.looks[entry.step])
        entry.due = again.map { min(planned, now + $0) } ?? planned
        if let again, planned <= now { entry.due = now + again }
        entries[key] = entry
        return false
    }

    /// When the next look is due; nil when nothing is watched that is not being looked at.
    package var nextDue: Instant? { entries.values.filter { !$0.isTaken }.map(\.due).min() }
}
