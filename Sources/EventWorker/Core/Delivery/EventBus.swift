package import Contract
package import Domain

/// Takes events out of an outbox towards their handlers: directly, or through a broker.
package protocol EventBus: Sendable {
    /// Delivers what is due in one outbox, until nothing is or `goesOn` says no. Blocks.
    ///
    /// - Throws: the database cannot be used; what was not delivered stays in the outbox.
    func drain(_ place: EventPlace, while goesOn: () -> Bool) throws(ErrorAnswer) -> Drain
}

/// What became of one look into an outbox.
package struct Drain: Equatable, Sendable {
    /// Events that left the outbox.
    package var settled = 0
    /// When to look again although nobody rang: something failed or is held up.
    package var again: Duration?
    /// All that was there was delivered: nothing waits, and nothing was given up.
    package var isClean = false

    package init(settled: Int = 0, again: Duration? = nil, isClean: Bool = false) {
        self.settled = settled
        self.again = again
        self.isClean = isClean
    }
}
