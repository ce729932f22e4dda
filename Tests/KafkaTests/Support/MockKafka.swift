import Base
import Glibc
import Kafka
import Testing

/// A mock cluster of librdkafka in a process of its own, and clients for it.
final class MockKafka: Sendable {
    private let process: ChildProcess
    let bootstrapServers: String

    struct NotStarted: Error {}
    struct Refused: Error { let answer: String? }

    init(brokers: Int = 1) throws {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.split(separator: "/").dropLast().joined(separator: "/")
        process = try ChildProcess(["/\(folder)/KafkaMock", "\(brokers)"])
        guard let servers = process.readLine(), servers.hasPrefix("127.0.0.1:") else { throw NotStarted() }
        bootstrapServers = servers
    }

    /// Gives the cluster a command and waits until it is carried out.
    func command(_ line: String) throws {
        process.write(line + "\n")
        let answer = process.readLine()
        guard answer == "ok" else { throw Refused(answer: answer) }
    }

    func config(group: String = "tests", _ settings: [String: String] = [:]) throws -> KafkaConfig {
        try Self.config(bootstrapServers, group: group, settings)
    }

    static func config(
        _ servers: String, group: String = "tests", _ settings: [String: String] = [:]
    ) throws -> KafkaConfig {
        var environment = Environment(
            [
                "KAFKA_BOOTSTRAP_SERVERS": servers, "KAFKA_CONSUMER_GROUP_ID": group,
                // A crashed member is missed sooner; still longer than the 3 s for which the mock gathers members.
                "KAFKA_PROP_SESSION_TIMEOUT_MS": "4000", "KAFKA_PROP_HEARTBEAT_INTERVAL_MS": "200",
            ].merging(settings) { $1 })
        let config = try #require(KafkaConfig.read(from: &environment))
        #expect(environment.problems == [])
        return config
    }

    func producer(_ settings: [String: String] = [:], log: LogLines = LogLines()) throws -> KafkaProducer {
        try KafkaProducer(try config(group: "tests", settings), log: log.log)
    }

    /// Reads the whole topic as a group of its own, until `count` messages came and then nothing more.
    func readAll(_ topic: String, count: Int) throws -> [ReceivedMessage] {
        let reader = try KafkaConsumer(
            try config(group: "reader-\(topic)"), topics: [topic], log: LogLines().log)
        defer { reader.close() }
        var messages: [ReceivedMessage] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let message = try reader.poll(timeout: .milliseconds(messages.count < count ? 1000 : 400)) {
                messages.append(message)
            } else if messages.count >= count {
                break
            }
        }
        return messages
    }
}

extension KafkaMessage {
    init(_ topic: String, key: String? = nil, _ text: String) {
        self.init(topic: topic, key: key.map { Array($0.utf8) }, payload: Array(text.utf8))
    }
}

extension ReceivedMessage {
    var text: String { String(decoding: payload, as: UTF8.self) }
    var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
}

extension Result where Success == Void, Failure == KafkaError {
    var failure: KafkaError? { if case .failure(let error) = self { error } else { nil } }
    var isDelivered: Bool { failure == nil }
}

extension Array where Element == Result<Void, KafkaError> {
    var areDelivered: Bool { allSatisfy { $0.isDelivered } }
    var areFailures: Bool { allSatisfy { !$0.isDelivered } }
}

extension ContinuousClock.Instant {
    static func inSeconds(_ seconds: Int) -> Self { .now + .seconds(seconds) }
}
