import Base
import CRdKafka

/// A consumer's `ClientEvents`, which also tells of the group's decisions.
final class ConsumerEvents: ClientEvents, @unchecked Sendable {  // the closure runs on the consumer's thread alone
    private let onRebalance: (Rebalance) -> Void

    init(log: Log, onRebalance: @escaping (Rebalance) -> Void) {
        self.onRebalance = onRebalance
        super.init(log: log)
    }

    override func install(in settings: ClientSettings) {
        super.install(in: settings)
        settings.withPointer { rd_kafka_conf_set_rebalance_cb($0, receiveRebalance) }
    }

    /// What the group decided; as the callback does it.
    func rebalance(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) { receiveRebalance(client, code, list, Unmanaged.passUnretained(self).toOpaque()) }

    /// Tells of a commit at a handing over that the broker refused.
    fileprivate func committed(_ code: rd_kafka_resp_err_t) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
        log.warning(
            "kafka offsets not committed, messages will come again", ["kafka.error": .text(KafkaError(code).name)])
    }

    fileprivate func assigned(_ partitions: [Rebalance.Partition]) {
        onRebalance(.assigned(partitions))
    }

    fileprivate func revoked(_ partitions: [Rebalance.Partition], isLost: Bool) {
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
    // it sees some messages again. Not waited for here, since without a broker that can last for ever; the group's own
    // thread settles the commit before it gives up the partitions.
    if !isLost { events.committed(rd_kafka_commit(client, nil, 1)) }
    events.revoked(partitions, isLost: isLost)
    rd_kafka_assign(client, nil)
}
