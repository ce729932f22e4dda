import Base
import CRdKafka

/// The owner of one `rd_kafka_conf_t` until a client takes it over.
final class ClientSettings {
    enum Check { case valid, unknown, invalid }

    private var pointer: OpaquePointer?

    init() { pointer = rd_kafka_conf_new() }

    deinit { if let pointer { rd_kafka_conf_destroy(pointer) } }

    /// Whether librdkafka would take this property; nothing is kept.
    static func check(_ property: KafkaConfig.Property) -> Check {
        switch ClientSettings().trySet(property) {
        case RD_KAFKA_CONF_OK: .valid
        case RD_KAFKA_CONF_UNKNOWN: .unknown
        default: .invalid
        }
    }

    /// Sets one property; the error names it and never its value.
    func set(_ name: String, _ value: String) throws(KafkaError) {
        guard trySet(KafkaConfig.Property(name: name, value: value)) == RD_KAFKA_CONF_OK else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, detail: "the setting \(name) is unknown or its value bad")
        }
    }

    func set(_ properties: [KafkaConfig.Property]) throws(KafkaError) {
        for property in properties { try set(property.name, property.value) }
    }

    /// Lends the pointer, to set callbacks and their context.
    func withPointer(_ body: (OpaquePointer) -> Void) { if let pointer { body(pointer) } }

    /// Makes the client, which owns the settings from then on; after an error they stay here.
    func makeClient(_ kind: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(kind, pointer, &text, text.count) else {
            // The text may repeat values, file names of keys among them: only what librdkafka's error code says goes on.
            throw KafkaError(rd_kafka_last_error(), detail: "the client could not be made with these settings")
        }
        pointer = nil
        return client
    }

    private func trySet(_ property: KafkaConfig.Property) -> rd_kafka_conf_res_t {
        var text = [CChar](repeating: 0, count: 512)
        return rd_kafka_conf_set(pointer, property.name, property.value, &text, text.count)
    }
}
