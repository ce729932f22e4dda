package import Base

/// What an event worker last told about itself.
package struct WorkerHeartbeat: Equatable, Sendable {
    /// How the worker stands to Kafka.
    package enum Broker: String, Sendable {
        /// Not configured: events go to their handlers directly.
        case none
        case up
        case down
    }

    package let worker: String
    package let seen: Timestamp
    package let broker: Broker
    /// Messages that wait in the broker; nil when nobody knows.
    package let lag: Int64?
    /// Why delivery has been stopped; nil while it goes on.
    package let alarm: String?

    package init(worker: String, seen: Timestamp, broker: Broker, lag: Int64? = nil, alarm: String? = nil) {
        self.worker = worker
        self.seen = seen
        self.broker = broker
        self.lag = lag
        self.alarm = alarm
    }
}
