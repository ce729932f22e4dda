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

    /// Asks for dead letters to be delivered once more; the request's number.
    func requestReplay(_ scope: ReplayRequest.Scope, event: EventID?, at now: Timestamp) throws(ErrorAnswer) -> Int64

    /// The oldest request that is not carried out, locked until the transaction ends.
    func takeReplay() throws(ErrorAnswer) -> ReplayRequest?

    func finishReplay(_ id: Int64, replayed: Int, at now: Timestamp) throws(ErrorAnswer)

    /// How many letters a finished request has put back; nil while it is not finished.
    func replayed(_ id: Int64) throws(ErrorAnswer) -> Int?

    /// Stores a message of the broker that is no event of ours. The same message is stored once.
    func reject(_ message: RejectedMessage, at now: Timestamp) throws(ErrorAnswer)
}

/// A message that was read from a broker and is no event.
package struct RejectedMessage: Equatable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let cause: String
    /// The beginning of it, at most 64 KiB.
    package let payload: [UInt8]
    package let payloadBytes: Int

    package init(topic: String, partition: Int32, offset: Int64, cause: String, payload: [UInt8]) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.cause = cause
        self.payload = Array(payload.prefix(65_536))
        payloadBytes = payload.count
    }
}
