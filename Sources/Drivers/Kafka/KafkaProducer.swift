package import Base
import CRdKafka
import Synchronization

/// Sends messages so that none is lost: idempotent, stored by all replicas, each with its report.
///
/// Thread-safe. A fatal error of librdkafka, false ones included, replaces the client below; the caller sends what was
/// reported as failed again.
package final class KafkaProducer: Sendable {
    private let config: KafkaConfig
    private let log: Log
    private let current: Mutex<ProducerClient>

    /// Makes the client without waiting for a broker; fails only when the settings do not fit together.
    package init(_ config: KafkaConfig, log: Log) throws(KafkaError) {
        self.config = config
        self.log = log
        for warning in config.warnings { log.warning("kafka setting refused", ["kafka.setting": .text(warning)]) }
        current = Mutex(try ProducerClient(config, log: log))
    }

    /// Sends a batch and blocks until every message has its delivery report, or the deadline passes.
    ///
    /// One result for each message, in order. Messages that were not yet sent at the deadline are taken back; those
    /// underway are reported as timed out, and whether they are stored is unknown. Sent again, a message may be there
    /// twice: receivers tell by the event's id.
    package func send(
        _ batch: [KafkaMessage], deadline: ContinuousClock.Instant
    ) -> [Result<Void, KafkaError>] {
        let client = current.withLock { $0 }
        let deliveries = DeliveryBatch(count: batch.count)
        for (index, message) in batch.enumerated() {
            client.produce(message, Delivery(batch: deliveries, index: index), deadline: deadline)
        }
        if !batch.isEmpty, !deliveries.waitForAll(until: deadline) {
            client.purgeQueue()
            _ = deliveries.waitForAll(until: .now + .milliseconds(250))
        }
        if client.isFatal { replace(client) }
        return deliveries.results(fallback: KafkaError(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT))
    }

    /// Creates the topics that are not there. Where the broker has no such call or forbids it, asks for each topic,
    /// which makes it where the broker creates topics by itself; fails when one is still missing. Blocks up to 20 s.
    package func createTopics(_ names: [String], partitions: Int32, replication: Int16) throws(KafkaError) {
        let client = current.withLock { $0 }
        try client.withClient { client throws(KafkaError) in
            try TopicAdmin(client: client).create(names, partitions: partitions, replication: replication)
        }
    }

    /// Whether a broker answers within the timeout. Blocks as long.
    package func metadataReachable(timeout: Duration) -> Bool {
        let client = current.withLock { $0 }
        let topics = try? client.withClient { client throws(KafkaError) in
            try TopicAdmin(client: client).topics(timeout: timeout)
        }
        return topics != nil
    }

    /// Waits for what is underway, at most until the deadline; true when nothing was left. Call last: the connections
    /// end with the producer itself.
    @discardableResult
    package func flushAndClose(deadline: ContinuousClock.Instant) -> Bool {
        let client = current.withLock { $0 }
        let isEmpty = client.flush(until: deadline)
        if !isEmpty { client.purgeQueue() }
        return isEmpty
    }

    /// Puts a new client in the place of one that is of no more use, unless another thread has done so.
    private func replace(_ client: ProducerClient) {
        let isReplaced = current.withLock { current in
            guard current === client, let fresh = try? ProducerClient(config, log: log) else { return false }
            current = fresh
            return true
        }
        if isReplaced { log.warning("kafka producer replaced after a fatal error") }
    }

    /// Makes the next `send` meet a fatal error, for tests.
    package func provokeFatalError() { current.withLock { $0 }.provokeFatalError() }
}
