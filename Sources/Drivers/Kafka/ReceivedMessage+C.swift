import Base
import CRdKafka

extension ReceivedMessage {
    /// Copies all of librdkafka's message, which the caller destroys afterwards.
    init(copying message: UnsafeMutablePointer<rd_kafka_message_t>) {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &type)
        self.init(
            topic: String(cString: rd_kafka_topic_name(message.pointee.rkt)), partition: message.pointee.partition,
            offset: message.pointee.offset,
            key: message.pointee.key.map { Self.bytes($0, message.pointee.key_len) },
            payload: Self.bytes(message.pointee.payload, message.pointee.len), headers: Self.headers(message),
            timestamp: milliseconds < 0 || type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
                ? nil : Timestamp(microseconds: milliseconds * 1000))
    }

    private static func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [(String, [UInt8])] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        var headers: [(String, [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR {
            headers.append((name.map { String(cString: $0) } ?? "", bytes(value, count)))
        }
        return headers
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
