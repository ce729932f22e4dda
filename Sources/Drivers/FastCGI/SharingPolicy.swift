/// How the threads of a listener are shared out among the parties that its requests come from. One thread always stays
/// free to take what comes.
package struct SharingPolicy: Sendable {
    /// Whose request it is; empty for nobody's in particular, which the limit does not bind. Called on the listener's
    /// threads.
    package let party: @Sendable (Parameters) -> String
    /// How many requests of one party are served at a time.
    package let limit: Int
    /// How many requests may wait for their turn, of all parties together; more are overdue at once.
    package let room: Int
    /// A request that waited longer is overdue (`RequestHandle.isOverdue`).
    package let patience: Duration

    package init(
        limit: Int, room: Int = 512, patience: Duration = .seconds(5), party: @escaping @Sendable (Parameters) -> String
    ) {
        precondition(limit > 0, "somebody must be served")
        self.limit = limit
        self.room = room
        self.patience = patience
        self.party = party
    }
}
