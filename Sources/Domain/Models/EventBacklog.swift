package import Base

/// What waits in one outbox, or in all.
package struct EventBacklog: Equatable, Sendable {
    package var pending: Int64
    /// When the oldest of them happened.
    package var oldest: Timestamp?
    package var dead: Int64

    package init(pending: Int64 = 0, oldest: Timestamp? = nil, dead: Int64 = 0) {
        self.pending = pending
        self.oldest = oldest
        self.dead = dead
    }

    package var isEmpty: Bool { pending == 0 && dead == 0 }
}
