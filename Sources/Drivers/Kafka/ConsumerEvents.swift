import Base
import CRdKafka

/// A consumer's `ClientEvents` with what it knows of its partitions.
final class ConsumerEvents: ClientEvents, @unchecked Sendable {  // its own state: on the consumer's thread alone
    private let onRebalance: (Rebalance) -> Void
    /// The offset after the last handled message of each assigned partition.
    private var positions: [Rebalance.Partition: Int64] = [:]

    init(log: Log, onRebalance: @escaping (Rebalance) -> Void) {
        self.onRebalance = onRebalance
        super.init(log: log)
    }

    override func install(in settings: ClientSettings) {
        super.install(in: settings)
        settings.withPointer { rd_kafka_conf_set_rebalance_cb($0, receiveRebalance) }
    }

    func handled(_ message: ReceivedMessage) {
        let partition = Rebalance.Partition(topic: message.topic, partition: message.partition)
        positions[partition] = message.offset + 1
    }

    func position(_ topic: String, _ partition: Int32) -> Int64? {
        positions[Rebalance.Partition(topic: topic, partition: partition)]
    }

    fileprivate func assigned(_ partitions: [Rebalance.Partition]) {
        positions = [:]
        onRebalance(.assigned(partitions))
    }

    fileprivate func revoked(_ partitions: [Rebalance.Partition], isLost: Bool) {
        positions = [:]
        onRebalance(isLost ? .lost(partitions) : .revoked(partitions))
    }
}

/// Called on the thread inside `rd_kafka_consumer_poll` or `rd_kafka_consumer_close`; the list is librdkafka's. It must
/// assign or unassign, or the group stands still.
private func receiveRebalance(
    _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t,
    _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ context: UnsafeMutableRawPointer?
) {
    guard let list, let context else {
        rd_kafka_assign(client, nil)
        return
    }
    let events = Unmanaged<ConsumerEvents>.fromOpaque(context).takeUnretainedValue()
    let partitions = PartitionList.entries(list).map {
        Rebalance.Partition(topic: $0.topic, partition: $0.partition)
    }
    if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
        rd_kafka_assign(client, list)
        events.assigned(partitions)
        return
    }
    let isLost = rd_kafka_assignment_lost(client) != 0
    // Before the next owner starts from the committed offset, what is handled is committed; a failure means only that
    // it sees some messages again.
    if !isLost { rd_kafka_commit(client, nil, 0) }
    events.revoked(partitions, isLost: isLost)
    rd_kafka_assign(client, nil)
}
