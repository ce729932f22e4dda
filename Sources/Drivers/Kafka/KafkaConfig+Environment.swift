package import Base

extension KafkaConfig {
    /// Reads the `KAFKA_…` settings; nil when KAFKA_BOOTSTRAP_SERVERS is unset, and the embedded bus serves.
    ///
    /// Unknown names and bad values become problems of the environment, without the value. KAFKA_PROP_<NAME> sets any
    /// property of librdkafka, dots written as underscores; the ones that our guarantees rest on are refused.
    package static func read(from environment: inout Environment) -> KafkaConfig? {
        guard let servers = environment.string("KAFKA_BOOTSTRAP_SERVERS") else { return nil }
        var warnings: [String] = []
        let common = commonProperties(&environment, &warnings)
        let producer = producerProperties(&environment, &warnings)
        let consumer = consumerProperties(&environment, &warnings)
        return KafkaConfig(
            bootstrapServers: servers, clientID: environment.string("KAFKA_CLIENT_ID") ?? "saas-documents",
            groupID: environment.string("KAFKA_CONSUMER_GROUP_ID") ?? "saas-documents-workers", warnings: warnings,
            common: common, producer: producer, consumer: consumer)
    }

    /// What at-least-once delivery rests on, and what other settings decide.
    private static let reserved: Set<String> = [
        "acks", "request.required.acks", "auto.commit.enable", "enable.auto.commit", "auto.offset.reset",
        "enable.auto.offset.store", "enable.idempotence", "partition.assignment.strategy", "bootstrap.servers",
        "metadata.broker.list", "client.id", "group.id", "log.queue",
        "test.mock.num.brokers", "transactional.id",
    ]

    private static func commonProperties(
        _ environment: inout Environment, _ warnings: inout [String]
    ) -> [Property] {
        var properties: [Property] = []
        if let security = environment.string("KAFKA_SECURITY_PROTOCOL") {
            add(Property(name: "security.protocol", value: security.lowercased()), "KAFKA_SECURITY_PROTOCOL")
        }
        for family in ["SASL", "SSL"] {
            for (name, value) in environment.settings(prefix: "KAFKA_\(family)_") {
                add(Property(name: dotted("\(family)_\(name)"), value: value), "KAFKA_\(family)_\(name)")
            }
        }
        for (name, value) in environment.settings(prefix: "KAFKA_PROP_") {
            guard !reserved.contains(dotted(name)) else {
                warnings.append("KAFKA_PROP_\(name) is refused: the delivery guarantees rest on our own value")
                continue
            }
            add(Property(name: dotted(name), value: value), "KAFKA_PROP_\(name)")
        }
        return properties

        func add(_ property: Property, _ source: String) {
            switch ClientSettings.check(property) {
            case .valid: properties.append(property)
            case .unknown: environment.report("\(source) is no setting of this librdkafka")
            case .invalid: environment.report("\(source) has a value that librdkafka does not take")
            }
        }
    }

    private static func producerProperties(
        _ environment: inout Environment, _ warnings: inout [String]
    ) -> [Property] {
        if let acks = environment.string("KAFKA_ACKS"), acks.lowercased() != "all", acks != "-1" {
            warnings.append("KAFKA_ACKS is refused: events are stored by all replicas (all)")
        }
        let retries = environment.integer("KAFKA_RETRIES", default: Int(Int32.max), in: 0...Int(Int32.max))
        if retries == 0 { warnings.append("KAFKA_RETRIES=0 is refused: an idempotent producer retries") }
        let inFlight = environment.integer("KAFKA_MAX_IN_FLIGHT_REQUESTS", default: 5, in: 1...5)
        let compression = environment.choice("KAFKA_COMPRESSION_TYPE", default: Compression.lz4)
        return [
            Property(name: "retries", value: String(retries == 0 ? Int(Int32.max) : retries)),
            Property(name: "max.in.flight.requests.per.connection", value: String(inFlight)),
            Property(name: "compression.type", value: compression.rawValue),
        ]
    }

    private static func consumerProperties(
        _ environment: inout Environment, _ warnings: inout [String]
    ) -> [Property] {
        if environment.flag("KAFKA_ENABLE_AUTO_COMMIT", default: false) {
            warnings.append(
                "KAFKA_ENABLE_AUTO_COMMIT=true is refused: an offset is committed after its event was handled")
        }
        let reset = environment.choice("KAFKA_AUTO_OFFSET_RESET", default: OffsetReset.earliest)
        if reset == .latest {
            warnings.append("KAFKA_AUTO_OFFSET_RESET=latest: a new group skips the events sent before its start")
        }
        return [Property(name: "auto.offset.reset", value: reset.rawValue)]
    }

    /// `SSL_CA_LOCATION` as `ssl.ca.location`: no property that takes text has an underscore in its name.
    private static func dotted(_ name: String) -> String {
        String(name.lowercased().map { $0 == "_" ? "." : $0 })
    }

    private enum Compression: String, CaseIterable { case none, gzip, snappy, lz4, zstd }
    private enum OffsetReset: String, CaseIterable { case earliest, latest, error }
}
