import CRdKafka

/// librdkafka's mock cluster and the commands that tests give it.
struct MockCluster: ~Copyable {
    /// A command was not understood or refused.
    struct Refusal: Error { let text: String }

    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// Brokers have the ids 1, 2 …
    init?(brokers: Int32) {
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nil, 0) else { return nil }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            return nil
        }
        self.client = client
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Carries out one line:
    /// - `topic NAME PARTITIONS [REPLICAS]`: creates a topic.
    /// - `down BROKER`, `up BROKER`: closes a broker's connections and refuses new ones; the opposite.
    /// - `rtt BROKER MILLISECONDS`: makes a broker slow.
    /// - `errors API CODE…`: the next requests of this API (a number of the protocol) fail so, by number or name.
    /// - `clear API`: no more of those.
    /// - `topic-error NAME CODE`: the topic's metadata says so; 0 ends it.
    /// - `leader TOPIC PARTITION BROKER`: moves a partition; -1 leaves it without a leader.
    func run(_ line: String) throws(Refusal) {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("topic", 3...4):
            try check(
                rd_kafka_mock_topic_create(
                    cluster, words[1], try number(words[2]), words.count == 4 ? try number(words[3]) : 1))
        case ("down", 2): try check(rd_kafka_mock_broker_set_down(cluster, try number(words[1])))
        case ("up", 2): try check(rd_kafka_mock_broker_set_up(cluster, try number(words[1])))
        case ("rtt", 3):
            try check(rd_kafka_mock_broker_set_rtt(cluster, try number(words[1]), try number(words[2])))
        case ("errors", 3...):
            var codes: [rd_kafka_resp_err_t] = []
            for word in words[2...] { codes.append(try code(word)) }
            rd_kafka_mock_push_request_errors_array(
                cluster, Int16(truncatingIfNeeded: try number(words[1])), codes.count, codes)
        case ("clear", 2):
            rd_kafka_mock_clear_request_errors(cluster, Int16(truncatingIfNeeded: try number(words[1])))
        case ("topic-error", 3): rd_kafka_mock_topic_set_error(cluster, words[1], try code(words[2]))
        case ("leader", 4):
            try check(
                rd_kafka_mock_partition_set_leader(cluster, words[1], try number(words[2]), try number(words[3])))
        default: throw Refusal(text: "not a command")
        }
    }

    private func number(_ text: String) throws(Refusal) -> Int32 {
        guard let number = Int32(text) else { throw Refusal(text: "not a number") }
        return number
    }

    /// A number, or a name such as `NOT_LEADER_FOR_PARTITION`.
    private func code(_ text: String) throws(Refusal) -> rd_kafka_resp_err_t {
        if let number = Int32(text) { return rd_kafka_resp_err_t(number) }
        var list: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&list, &count)
        let known = UnsafeBufferPointer(start: list, count: count)
        guard let found = known.first(where: { $0.name.map { String(cString: $0) } == text }) else {
            throw Refusal(text: "not an error of Kafka")
        }
        return found.code
    }

    private func check(_ code: rd_kafka_resp_err_t) throws(Refusal) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw Refusal(text: String(cString: rd_kafka_err2str(code))) }
    }
}
