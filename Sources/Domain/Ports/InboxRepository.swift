package import Base
package import Contract

/// Which events have had their effect in one database, so that a redelivery has none.
package protocol InboxRepository {
    /// Notes that handlers take these events, in the transaction of their effects; the events that were not taken by
    /// them before. Waits for another transaction that has noted one of them and not ended.
    ///
    /// - Parameter handlers: one for each event, by name.
    func claim(_ handlers: [EventID: String], at now: Timestamp) throws(ErrorAnswer) -> Set<EventID>

    /// Takes claims of this transaction back: the events are for later.
    func release(_ handlers: [EventID: String]) throws(ErrorAnswer)

    /// Forgets what was handled before `time`; how much. A redelivery must not come later than that.
    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int
}
