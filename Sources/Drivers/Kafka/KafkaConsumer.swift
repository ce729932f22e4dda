package import Base
import CRdKafka

/// Reads topics as a member of a consumer group; an offset moves on only after `storeOffset`.
///
/// Use from one thread, and poll at least every `max.poll.interval.ms` (5 minutes) or the group takes the partitions
/// away. Stored offsets are committed every second, before partitions are given up and at `close`. Dropped without
/// `close`, it leaves as a crashed process would: nothing more is committed, the group waits for its session to end.
package final class KafkaConsumer {
    private let client: OpaquePointer
    private let events: ConsumerEvents
    private var isClosing = false

    /// Joins the group without waiting for a broker; fails only when the settings do not fit together.
    ///
    /// - Parameters:
    ///   - topics: names, or patterns that begin with `^`; topics that come to match later are found within seconds.
    ///   - ignored: a pattern of topics that no pattern of `topics` takes.
    ///   - onRebalance: runs on the thread that is inside `poll` or `close`.
    package init(
        _ config: KafkaConfig, topics: [String], ignoring ignored: String? = nil, log: Log,
        onRebalance: @escaping (Rebalance) -> Void = { _ in }
    ) throws(KafkaError) {
        let events = ConsumerEvents(log: log, onRebalance: onRebalance)
        for warning in config.warnings { log.warning("kafka setting refused", ["kafka.setting": .text(warning)]) }
        let client = try Self.makeClient(config, events, ignoring: ignored)
        let list = PartitionList()
        for topic in topics { list.add(topic) }
        let code = rd_kafka_subscribe(client, list.pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            throw KafkaError(code)
        }
        self.client = client
        self.events = events
    }

    deinit {
        // The events outlives the client, whose callbacks use it unretained.
        rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        withExtendedLifetime(events) {}
    }

    private static func makeClient(
        _ config: KafkaConfig, _ events: ConsumerEvents, ignoring ignored: String?
    ) throws(KafkaError) -> OpaquePointer {
        let settings = ClientSettings()
        try settings.set("bootstrap.servers", config.bootstrapServers)
        try settings.set("client.id", config.clientID)
        try settings.set("group.id", config.groupID)
        try settings.set("socket.keepalive.enable", "true")
        try settings.set("socket.nagle.disable", "true")
        try settings.set("reconnect.backoff.max.ms", "2000")
        try settings.set("fetch.wait.max.ms", "100")
        try settings.set("auto.commit.interval.ms", "1000")
        // How long the partitions of a member that crashed stand still.
        try settings.set("session.timeout.ms", "10000")
        try settings.set("topic.metadata.refresh.interval.ms", "5000")
        if let ignored { try settings.set("topic.blacklist", ignored) }
        try settings.set(config.consumer)
        try settings.set(config.common)
        // What is committed every second is only what `storeOffset` has stored.
        try settings.set("enable.auto.offset.store", "false")
        try settings.set("enable.auto.commit", "true")
        // The cooperative assignor of this version loses partitions under quick changes of the group.
        try settings.set("partition.assignment.strategy", "range,roundrobin")
        events.install(in: settings)
        let client = try settings.makeClient(RD_KAFKA_CONSUMER, hiding: config.common.map(\.value))
        rd_kafka_poll_set_consumer(client)
        return client
    }

    /// The next message, or nil when none came within the timeout. Blocks as long; runs `onRebalance`.
    ///
    /// Passing troubles (no broker, a topic that is not there yet) are logged and end as nil.
    package func poll(timeout: Duration) throws(KafkaError) -> ReceivedMessage? {
        guard let message = rd_kafka_consumer_poll(client, Int32(clamping: max(0, timeout.milliseconds))) else {
            return nil
        }
        defer { rd_kafka_message_destroy(message) }
        guard message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return ReceivedMessage(copying: message) }
        let error = KafkaError(message.pointee.err)
        guard error.isRetryable, !error.isFatal else { throw error }
        events.passing(error)
        return nil
    }

    /// Notes that the message and those before it in its partition were handled. No network. Without effect when the
    /// partition has gone to another member, which then sees the message again.
    package func storeOffset(after message: ReceivedMessage) {
        let list = PartitionList()
        list.add(message.topic, message.partition, offset: message.offset + 1)
        rd_kafka_offsets_store(client, list.pointer)
    }

    /// Commits the stored offsets and waits for the broker's answer.
    package func commit() throws(KafkaError) {
        let code = rd_kafka_commit(client, nil, 0)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET else {
            throw KafkaError(code)
        }
    }

    /// Makes `message` the next one of its partition again. Blocks up to 5 s.
    package func seekBack(to message: ReceivedMessage) throws(KafkaError) {
        let list = PartitionList()
        list.add(message.topic, message.partition, offset: message.offset)
        if let error = rd_kafka_seek_partitions(client, list.pointer, 5000) { throw KafkaError(taking: error) }
        if let code = list.firstError { throw KafkaError(code) }
    }

    /// How many messages of each assigned partition are not committed as handled. Asks the brokers; partitions that
    /// they do not tell of within a second are left out.
    package func lag() -> [(topic: String, partition: Int32, lag: Int64)] {
        var assigned: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(client, &assigned) == RD_KAFKA_RESP_ERR_NO_ERROR, let assigned else { return [] }
        let list = PartitionList(taking: assigned)
        guard rd_kafka_committed(client, list.pointer, 1000) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        return list.entries.compactMap { entry in
            guard let (low, high) = watermarks(entry.topic, entry.partition) else { return nil }
            return (entry.topic, entry.partition, max(0, high - max(low, entry.offset)))
        }
    }

    private func watermarks(_ topic: String, _ partition: Int32) -> (low: Int64, high: Int64)? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, 1000)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? (low, high) : nil
    }

    /// Commits what is stored, leaves the group and ends the connections' use; runs `onRebalance`. Blocks until then
    /// or until the deadline, after which the group finds out by itself. The last call.
    package func close(deadline: ContinuousClock.Instant = .now + .seconds(5)) {
        guard !isClosing else { return }
        isClosing = true
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(client, queue) {
            rd_kafka_error_destroy(error)
            return
        }
        while rd_kafka_consumer_closed(client) == 0, ContinuousClock.now < deadline {
            guard let event = rd_kafka_queue_poll(queue, 100) else { continue }
            // Events of this queue run no callbacks.
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
                events.rebalance(client, rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event))
            }
            rd_kafka_event_destroy(event)
        }
    }
}
