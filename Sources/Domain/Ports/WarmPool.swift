package import Contract

/// Databases that wait for new tenants, so that signing up takes milliseconds.
package protocol WarmPool: Sendable {
    /// Makes one more database, whatever their number. Blocks for some 50 ms, and some hundred more for the first one
    /// of a release. A process without the right to make databases waits until the deadline for the one that has it.
    func makeSpare(until deadline: ContinuousClock.Instant) throws(ErrorAnswer)

    /// One round: removes what makers that died and older releases have left, then makes databases until there are
    /// this many. May be interrupted at any point and run by several processes at once.
    func tend(size: Int) throws(ErrorAnswer) -> WarmPoolRound
}

/// What a round changed.
package struct WarmPoolRound: Equatable, Sendable {
    package var made = 0
    package var removed = 0

    package init() {}
}
