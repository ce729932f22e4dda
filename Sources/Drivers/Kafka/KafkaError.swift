import CRdKafka

/// librdkafka or a broker refused or could not do something.
///
/// `description` is librdkafka's fixed sentence for the code and safe anywhere; `debugDescription` adds its own words,
/// which may name topics and brokers but never secrets.
package struct KafkaError: Error, Sendable, Equatable {
    /// The number of librdkafka (negative) or of Kafka's protocol (positive).
    package let code: Int32
    private let detail: String

    init(_ code: rd_kafka_resp_err_t, detail: String = "") {
        self.code = code.rawValue
        self.detail = detail
    }

    /// An error of this number, for callers' tests.
    package init(code: Int32) { self.init(rd_kafka_resp_err_t(code)) }

    /// Takes the error object over and frees it.
    init(taking error: OpaquePointer) {
        self.init(rd_kafka_error_code(error), detail: String(cString: rd_kafka_error_string(error)))
        rd_kafka_error_destroy(error)
    }

    /// The code's name, such as `MSG_SIZE_TOO_LARGE`.
    package var name: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(code))) }

    /// The client that met it can do nothing more; `KafkaProducer` replaces it by itself.
    package var isFatal: Bool {
        code == RD_KAFKA_RESP_ERR__FATAL.rawValue || code == RD_KAFKA_RESP_ERR__FENCED.rawValue
    }

    /// The same message or call may succeed later. False means that the message, the settings or the rights must
    /// change first.
    package var isRetryable: Bool { !Self.permanent.contains(code) }

    /// The message exceeds what the client or the broker takes.
    package var isMessageTooLarge: Bool {
        code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue
            || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE.rawValue
    }

    /// No answer came in time; whether the message is stored is unknown.
    package var isTimeout: Bool {
        code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue || code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue
    }

    private static let permanent: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
            RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
            RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
        ].map(\.rawValue))
}

extension KafkaError: CustomStringConvertible, CustomDebugStringConvertible {
    /// librdkafka's sentence for the code and the code's name.
    package var description: String { "\(String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(code)))) (\(name))" }

    /// Also what the client or the broker said.
    package var debugDescription: String { detail.isEmpty ? description : "\(description); \(detail)" }
}
