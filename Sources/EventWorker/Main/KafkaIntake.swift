import Base
import Domain
import EventCore
import Kafka

/// Reads the topics of all events as a member of the consumer group, on one thread.
final class KafkaIntake: Sendable {
    private let config: KafkaConfig
    private let reader: BrokerReader
    private let log: Log
    private let state = Condition(State())

    private struct State {
        var isStopping = false
        var lag: Int64?
    }

    /// Demo events name their own topics; a leading circumflex makes a pattern.
    private static let topics = EventType.allCases.map { $0 == .demo ? "^demo\\..*" : $0.rawValue }

    init(config: KafkaConfig, reader: BrokerReader, log: Log) {
        self.config = config
        self.reader = reader
        self.log = log
    }

    /// Messages that wait in this member's partitions; nil before it knows.
    var lag: Int64? { state.withLock { $0.lag } }

    /// Reads until stopped; then finishes the message at hand, commits and leaves the group.
    func run() {
        while goesOn {
            do throws(KafkaError) { try runMember() } catch {
                log.error("kafka consumer failed", ["error.cause": .text(error.description)])
                _ = state.wait(until: .now + .seconds(5)) { $0.isStopping ? true : nil }
            }
        }
    }

    func stop() { state.update { $0.isStopping = true } }

    private var goesOn: Bool { !state.withLock { $0.isStopping } }

    private func runMember() throws(KafkaError) {
        let consumer = try KafkaConsumer(config, topics: Self.topics, ignoring: "\\.dlq$", log: log)
        defer { consumer.close() }
        var nextLag = ContinuousClock.now + .seconds(5)
        while goesOn {
            if ContinuousClock.now >= nextLag {
                let lag = consumer.lag().reduce(Int64(0)) { $0 + $1.lag }
                state.withLock { $0.lag = lag }
                nextLag = .now + .seconds(5)
            }
            guard let received = try consumer.poll(timeout: .milliseconds(500)) else { continue }
            let message = BrokerReader.Message(
                place: MessagePlace(topic: received.topic, partition: received.partition, offset: received.offset),
                key: received.key, payload: received.payload, headers: received.header)
            if reader.handle(message, while: { goesOn }) {
                consumer.storeOffset(after: received)
            } else if goesOn {
                try consumer.seekBack(to: received)
                _ = state.wait(until: .now + .seconds(1)) { $0.isStopping ? true : nil }
            }
        }
    }
}
