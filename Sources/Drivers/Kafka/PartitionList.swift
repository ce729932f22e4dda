import CRdKafka

/// The owner of one list of partitions, each with an offset.
final class PartitionList {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init() { pointer = rd_kafka_topic_partition_list_new(4) }

    /// Takes a list over that librdkafka gave away.
    init(taking pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { self.pointer = pointer }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    func add(_ topic: String, _ partition: Int32 = RD_KAFKA_PARTITION_UA, offset: Int64? = nil) {
        let entry = rd_kafka_topic_partition_list_add(pointer, topic, partition)
        if let offset { entry?.pointee.offset = offset }
    }

    var entries: [(topic: String, partition: Int32, offset: Int64)] { Self.entries(pointer) }

    /// The first error that librdkafka noted for a partition.
    var firstError: rd_kafka_resp_err_t? {
        UnsafeBufferPointer(start: pointer.pointee.elems, count: Int(pointer.pointee.cnt))
            .first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err
    }

    /// The entries of a list that someone else owns.
    static func entries(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) -> [(topic: String, partition: Int32, offset: Int64)] {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
            .map { (String(cString: $0.topic), $0.partition, $0.offset) }
    }
}
