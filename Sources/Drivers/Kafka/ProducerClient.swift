import Base
import CRdKafka
import Glibc
import Synchronization

/// The owner of one producing `rd_kafka_t` and of the thread that serves its reports.
final class ProducerClient: @unchecked Sendable {  // librdkafka's functions on `client` are thread-safe
    private let client: OpaquePointer
    private let events: ClientEvents
    private let stopping: Stop
    private let poller: WorkerThread

    /// Shared with the poll thread, which must not keep the client alive.
    private final class Stop: Sendable { let requested = Atomic<Bool>(false) }

    init(_ config: KafkaConfig, log: Log) throws(KafkaError) {
        let events = ClientEvents(log: log)
        let settings = ClientSettings()
        try settings.set("bootstrap.servers", config.bootstrapServers)
        try settings.set("client.id", config.clientID)
        // A message that no broker takes for this long comes back to the outbox.
        try settings.set("message.timeout.ms", "10000")
        try settings.set("linger.ms", "2")
        // The partition of a key as Java's clients choose it, so that all writers of a topic agree.
        try settings.set("partitioner", "murmur2_random")
        try settings.set("socket.keepalive.enable", "true")
        try settings.set("reconnect.backoff.max.ms", "2000")
        // What is set for producers and consumers alike would be warned of in the other kind.
        try settings.set("log.configuration.warnings", "false")
        try settings.set(config.producer)
        try settings.set(config.common)
        try settings.set("acks", "all")
        try settings.set("enable.idempotence", "true")
        events.install(in: settings)
        settings.withPointer { rd_kafka_conf_set_dr_msg_cb($0, receiveReport) }
        let client = try settings.makeClient(RD_KAFKA_PRODUCER)
        let stopping = Stop()
        self.client = client
        self.events = events
        self.stopping = stopping
        let address = UInt(bitPattern: client)
        // The client outlives the thread: both `close` and `deinit` join it before they destroy.
        poller = WorkerThread(name: "kafka-producer") {
            guard let client = OpaquePointer(bitPattern: address) else { return }
            Self.serve(client, events, stopping)
        }
    }

    deinit {
        stopping.requested.store(true, ordering: .releasing)
        poller.join()
        // Reports of purged messages release what `produce` retained.
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        rd_kafka_flush(client, 1000)
        rd_kafka_destroy(client)
        withExtendedLifetime(events) {}
    }

    var isFatal: Bool { events.isFatal }

    /// Serves delivery reports and errors until stopped. After a fatal error, no message will go any more: all are
    /// handed back at once.
    private static func serve(_ client: OpaquePointer, _ events: ClientEvents, _ stopping: Stop) {
        var isPurged = false
        while !stopping.requested.load(ordering: .acquiring) {
            rd_kafka_poll(client, 100)
            if events.isFatal, !isPurged {
                isPurged = true
                rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            }
        }
    }

    /// Queues one message; its result comes to the delivery. Waits for room in the queue until the deadline.
    func produce(_ message: KafkaMessage, _ delivery: Delivery, deadline: ContinuousClock.Instant) {
        while true {
            guard let error = enqueue(message, delivery) else { return }
            guard error.code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue, ContinuousClock.now < deadline else {
                if error.isFatal { events.noteFatal() }
                delivery.batch.report(delivery.index, .failure(error))
                return
            }
            Pause.sleep(.milliseconds(5))
        }
    }

    private func enqueue(_ message: KafkaMessage, _ delivery: Delivery) -> KafkaError? {
        let headers = Self.headers(message.headers)
        let context = Unmanaged.passRetained(delivery)
        let error = (message.key ?? []).withUnsafeBytes { key in
            message.payload.withUnsafeBytes { payload in
                // An empty key is a key: only a null pointer means none.
                let keyStart = message.key == nil ? nil : key.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
                return saas_kafka_produce(
                    client, message.topic, keyStart, key.count, payload.baseAddress ?? UnsafeRawPointer(bitPattern: 1),
                    payload.count, headers, context.toOpaque())
            }
        }
        guard let error else { return nil }
        // Refused: neither the headers nor the delivery were taken over.
        if let headers { rd_kafka_headers_destroy(headers) }
        context.release()
        return KafkaError(taking: error)
    }

    private static func headers(_ headers: [(String, [UInt8])]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for (name, value) in headers {
            _ = value.withUnsafeBytes {
                // An empty value is a value: only a null pointer means none.
                rd_kafka_header_add(
                    list, name, name.utf8.count, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), $0.count)
            }
        }
        return list
    }

    /// Hands back the messages that are queued and not yet sent; their reports come as errors.
    func purgeQueue() { rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE) }

    /// Blocks until nothing is queued or in flight, or the deadline passes; true when nothing is.
    func flush(until deadline: ContinuousClock.Instant) -> Bool {
        rd_kafka_flush(client, Int32(clamping: max(0, (deadline - .now).milliseconds))) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Lends the client for administration.
    func withClient<R>(_ body: (OpaquePointer) throws(KafkaError) -> R) throws(KafkaError) -> R { try body(client) }

    /// Makes the client as useless as a fatal error does, for tests.
    func provokeFatalError() {
        rd_kafka_test_fatal_error(client, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "provoked by a test")
    }
}

/// Called on a thread inside `rd_kafka_poll` or `rd_kafka_flush`, once for each message that was queued. The message is
/// librdkafka's; the delivery was retained by `enqueue` and is released here.
private func receiveReport(
    _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ context: UnsafeMutableRawPointer?
) {
    guard let message, let opaque = message.pointee._private else { return }
    let delivery = Unmanaged<Delivery>.fromOpaque(opaque).takeRetainedValue()
    let code = message.pointee.err
    delivery.batch.report(
        delivery.index, code == RD_KAFKA_RESP_ERR_NO_ERROR ? .success(()) : .failure(KafkaError(code)))
}
