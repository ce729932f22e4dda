package import Base
import Contract
package import Domain

/// Tells the main database that this worker is there and how it stands.
package struct Heartbeat: Sendable {
    private let data: any UnitOfWork
    private let worker: String
    private let broker: @Sendable () -> (state: WorkerHeartbeat.Broker, lag: Int64?)
    private let fuse: DeadLetterFuse
    private let tally: EventTally
    private let clock: any WallClock

    /// - Parameters:
    ///   - worker: this process's name, unique among workers.
    ///   - tally: its counts are taken along.
    ///   - broker: how Kafka stands; asked at each beat.
    package init(
        data: any UnitOfWork, worker: String, fuse: DeadLetterFuse, tally: EventTally, clock: any WallClock,
        broker: @escaping @Sendable () -> (state: WorkerHeartbeat.Broker, lag: Int64?)
    ) {
        self.data = data
        self.worker = worker
        self.fuse = fuse
        self.tally = tally
        self.clock = clock
        self.broker = broker
    }

    /// Renews the row. Silence is told by the row's age, so a failure needs no other word.
    package func beat() {
        let standing = broker()
        try? data.inMain(.write) { main throws(ErrorAnswer) in
            try main.operations.beat(
                WorkerHeartbeat(
                    worker: worker, seen: clock.now(), broker: standing.state, lag: standing.lag, alarm: fuse.alarm))
        }
        handInCounts()
    }

    /// Takes what was counted to the main database; what cannot be stored now is kept. Called once more at the end.
    package func handInCounts() {
        let counts = tally.take()
        guard !counts.isEmpty else { return }
        do throws(ErrorAnswer) {
            try data.inMain(.write) { main throws(ErrorAnswer) in try main.operations.add(counts) }
        } catch { tally.putBack(counts) }
    }
}
