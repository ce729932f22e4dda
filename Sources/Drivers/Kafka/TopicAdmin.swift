import Base
import CRdKafka

/// Topics as the brokers know them, asked through a client that the caller keeps alive.
struct TopicAdmin {
    private let client: OpaquePointer

    init(client: OpaquePointer) { self.client = client }

    /// The names of all topics that may be seen. Blocks up to the timeout.
    func topics(timeout: Duration) throws(KafkaError) -> Set<String> {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client, 1, nil, &metadata, Int32(clamping: timeout.milliseconds))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaError(code) }
        defer { rd_kafka_metadata_destroy(metadata) }
        let list = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        return Set(list.filter { $0.err == RD_KAFKA_RESP_ERR_NO_ERROR }.map { String(cString: $0.topic) })
    }

    /// Makes the topics that are missing; see `KafkaProducer.createTopics`.
    func create(_ names: [String], partitions: Int32, replication: Int16) throws(KafkaError) {
        let missing = Set(names).subtracting(try topics(timeout: .seconds(5))).sorted()
        guard !missing.isEmpty else { return }
        var refused: [(topic: String, error: KafkaError)] = []
        do {
            refused = try request(missing, partitions: partitions, replication: replication)
        } catch {
            refused = missing.map { ($0, error) }
        }
        for (topic, error) in refused where !exists(topic) { throw error }
    }

    /// Asks for one topic, which creates it where the broker does so on its own.
    private func exists(_ topic: String) -> Bool {
        guard let handle = rd_kafka_topic_new(client, topic, nil) else { return false }
        defer { rd_kafka_topic_destroy(handle) }
        let deadline = ContinuousClock.now + .seconds(3)
        repeat {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            if rd_kafka_metadata(client, 0, handle, &metadata, 2000) == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata {
                defer { rd_kafka_metadata_destroy(metadata) }
                let found = metadata.pointee.topics?.pointee
                if let found, found.err == RD_KAFKA_RESP_ERR_NO_ERROR, found.partition_cnt > 0 { return true }
            }
            Pause.sleep(.milliseconds(100))
        } while ContinuousClock.now < deadline
        return false
    }

    /// CreateTopics of the protocol: the topics that were refused, those that exist already left out.
    private func request(
        _ names: [String], partitions: Int32, replication: Int16
    ) throws(KafkaError) -> [(topic: String, error: KafkaError)] {
        var topics: [OpaquePointer?] = []
        defer { topics.withUnsafeMutableBufferPointer { rd_kafka_NewTopic_destroy_array($0.baseAddress, $0.count) } }
        for name in names {
            var text = [CChar](repeating: 0, count: 256)
            guard let topic = rd_kafka_NewTopic_new(name, partitions, Int32(replication), &text, text.count) else {
                throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, detail: "a topic's name or size is bad")
            }
            topics.append(topic)
        }
        let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, 8000, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, 5000, nil, 0)
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(client, &topics, topics.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, 10_000) else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        return UnsafeBufferPointer(start: results, count: count).compactMap { result in
            let code = rd_kafka_topic_result_error(result)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else { return nil }
            return (String(cString: rd_kafka_topic_result_name(result)), KafkaError(code))
        }
    }
}
