package import Base
package import Contract

/// What the main database keeps about delivery as a whole: backlogs, workers, replays. Numbers and ids alone.
package protocol EventOperations {
    /// Stores what waits in one outbox; the main database's own under nil.
    func note(_ backlog: EventBacklog, of tenant: TenantID?, at now: Timestamp) throws(ErrorAnswer)

    /// What waits in all outboxes, as far as the workers have looked.
    func totalBacklog() throws(ErrorAnswer) -> EventBacklog

    /// Renews a worker's row, and forgets workers that have been silent for an hour.
    func beat(_ heartbeat: WorkerHeartbeat) throws(ErrorAnswer)

    /// The workers seen since `time`, the last seen first.
    func heartbeats(since time: Timestamp) throws(ErrorAnswer) -> [WorkerHeartbeat]

    /// Adds to the counts of events, of all workers together.
    func add(_ counts: [EventCount]) throws(ErrorAnswer)

    /// What became of events so far, by type and outcome.
    func eventCounts() throws(ErrorAnswer) -> [EventCount]

    /// Asks for dead letters to be delivered once more; the request's number.
    func requestReplay(_ scope: ReplayRequest.Scope, event: EventID?, at now: Timestamp) throws(ErrorAnswer) -> Int64

    /// The oldest request that is not carried out, locked until the transaction ends.
    func takeReplay() throws(ErrorAnswer) -> ReplayRequest?

    func finishReplay(_ id: Int64, replayed: Int, at now: Timestamp) throws(ErrorAnswer)

    /// How many letters a finished request has put back; nil while it is not finished.
    func replayed(_ id: Int64) throws(ErrorAnswer) -> Int?

    /// Stores a message of the broker that is no event of ours. The same message is stored once.
    func reject(_ message: RejectedMessage) throws(ErrorAnswer)

    /// Refused messages without their payloads, by topic, partition and offset.
    func rejected(after: MessagePlace?, limit: Int) throws(ErrorAnswer) -> [RejectedMessage]

    /// One refused message with its payload; nil when there is none.
    func rejected(_ place: MessagePlace) throws(ErrorAnswer) -> RejectedMessage?

    func forgetRejected(_ place: MessagePlace) throws(ErrorAnswer)
}
