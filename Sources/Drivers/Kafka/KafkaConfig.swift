/// How to reach Kafka: the settings of the environment translated to librdkafka's names.
///
/// Values may be secrets: every printed form shows the addresses and the names of the settings alone.
package struct KafkaConfig: Sendable {
    /// One property of librdkafka.
    struct Property: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// `host:port`, separated by commas.
    package let bootstrapServers: String
    package let clientID: String
    package let groupID: String
    /// Settings that were refused and what holds instead, one sentence each; the clients log them at their start.
    package let warnings: [String]

    /// For producers and consumers, later ones win.
    let common: [Property]
    let producer: [Property]
    let consumer: [Property]

    init(
        bootstrapServers: String, clientID: String, groupID: String, warnings: [String], common: [Property],
        producer: [Property], consumer: [Property]
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.groupID = groupID
        self.warnings = warnings
        self.common = common
        self.producer = producer
        self.consumer = consumer
    }

    /// The same settings with another client id, to tell the clients of one process apart, or another group.
    package func with(clientID: String? = nil, groupID: String? = nil) -> KafkaConfig {
        KafkaConfig(
            bootstrapServers: bootstrapServers, clientID: clientID ?? self.clientID, groupID: groupID ?? self.groupID,
            warnings: warnings, common: common, producer: producer, consumer: consumer)
    }
}

extension KafkaConfig: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let names = Set((common + producer + consumer).map(\.name)).sorted()
        return "Kafka at \(bootstrapServers) (\(names.joined(separator: ", ")))"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
