import Base
import CRdKafka
import Synchronization

/// What librdkafka tells about a client besides messages: its log, and errors of no particular call.
///
/// The context of its callbacks: unretained there, so the owner keeps it until `rd_kafka_destroy` has returned.
class ClientEvents: @unchecked Sendable {  // constants and one atomic; a subclass answers for its own state
    private let log: Log
    private let fatal = Atomic<Bool>(false)

    init(log: Log) { self.log = log }

    /// True from the first fatal error on: the client is of no more use.
    var isFatal: Bool { fatal.load(ordering: .acquiring) }

    func noteFatal() { fatal.store(true, ordering: .releasing) }

    /// Sets the callbacks of `settings` with this object as their context.
    func install(in settings: ClientSettings) {
        settings.withPointer { conf in
            rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
            rd_kafka_conf_set_log_cb(conf, receiveLog)
            rd_kafka_conf_set_error_cb(conf, receiveError)
        }
    }

    /// Notes a trouble that passes by itself.
    func passing(_ error: KafkaError) {
        log.warning("kafka consumer is waiting", ["kafka.error": .text(error.name)])
    }

    fileprivate func logged(level: Int32, facility: String, text: String) {
        let level: LogLevel =
            switch level {
            case ...2: .error
            case 3, 4: .warning
            case 5, 6: .info
            default: .debug
            }
        log.write(
            level, "librdkafka", ["kafka.facility": .text(facility), "kafka.text": .text(String(text.prefix(500)))])
    }

    fileprivate func failed(_ error: KafkaError, text: String) {
        if error.isFatal { noteFatal() }
        log.warning(
            "kafka client error", ["kafka.error": .text(error.name), "kafka.text": .text(String(text.prefix(500)))])
    }
}

/// The context that `install` set; nil while a client is still being made.
private func events(_ client: OpaquePointer?) -> ClientEvents? {
    guard let client, let context = rd_kafka_opaque(client) else { return nil }
    return Unmanaged<ClientEvents>.fromOpaque(context).takeUnretainedValue()
}

/// Called on any of librdkafka's threads, and on those of callers; the texts are freed by librdkafka.
private func receiveLog(
    _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {
    guard let facility, let text else { return }
    events(client)?.logged(level: level, facility: String(cString: facility), text: String(cString: text))
}

/// Called on the thread inside `rd_kafka_poll` or `rd_kafka_consumer_poll`; the text is freed by librdkafka.
private func receiveError(
    _ client: OpaquePointer?, _ code: Int32, _ text: UnsafePointer<CChar>?, _ context: UnsafeMutableRawPointer?
) {
    guard let context else { return }
    Unmanaged<ClientEvents>.fromOpaque(context).takeUnretainedValue()
        .failed(KafkaError(rd_kafka_resp_err_t(code)), text: text.map { String(cString: $0) } ?? "")
}
