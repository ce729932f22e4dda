package import Base
package import Contract

/// Which events have had their effect in one database, so that a redelivery has none.
package protocol InboxRepository {
    /// Notes that the handler takes the event, in the transaction of the effect; false when it did before. Waits for
    /// another transaction that has noted the same and not ended.
    func claim(_ event: EventID, handler: String, at now: Timestamp) throws(ErrorAnswer) -> Bool

    /// Forgets what was handled before `time`; how much. A redelivery must not come later than that.
    func prune(before time: Timestamp) throws(ErrorAnswer) -> Int
}
