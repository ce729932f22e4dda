import Base
package import Domain

/// Counts events by type and outcome until the heartbeat takes the counts to the main database, where they are summed
/// over all workers and outlive them. What is counted in the last second before a crash is lost.
package final class EventTally: Sendable {
    private struct Key: Hashable {
        let type: String
        let outcome: EventCount.Outcome
    }

    private let counts = Condition<[Key: Int64]>([:])

    package init() {}

    /// Counts events of a type or topic; a topic of dead letters counts for nothing.
    package func add(_ type: String, _ outcome: EventCount.Outcome, _ number: Int64 = 1) {
        guard !type.hasSuffix(".dlq") else { return }
        let known = EventType(rawValue: type)?.rawValue ?? (type.hasPrefix("demo.") ? EventType.demo.rawValue : "other")
        counts.withLock { $0[Key(type: known, outcome: outcome), default: 0] += number }
    }

    /// What was counted since the last call.
    func take() -> [EventCount] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts.map { EventCount(type: $0.key.type, outcome: $0.key.outcome, total: $0.value) }
        }
    }

    /// Gives back what could not be stored.
    func putBack(_ taken: [EventCount]) {
        for count in taken { add(count.type, count.outcome, count.total) }
    }
}
