import Base
import Kafka
import Testing

@Suite struct ConfigTests {
    private func read(_ settings: [String: String]) -> (config: KafkaConfig?, problems: [String]) {
        var environment = Environment(settings)
        let config = KafkaConfig.read(from: &environment)
        return (config, environment.problems)
    }

    private func warnings(_ name: String, _ value: String) -> [String] {
        let (config, problems) = read(["KAFKA_BOOTSTRAP_SERVERS": "a:1", name: value])
        #expect(problems == [])
        return config?.warnings ?? []
    }

    @Test func withoutServersThereIsNone() {
        let (config, problems) = read(["KAFKA_ACKS": "1", "KAFKA_PROP_NONSENSE": "1"])
        #expect(config == nil)
        #expect(problems == [])
    }

    @Test func namesHaveDefaults() {
        let config = read(["KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2"]).config
        #expect(config?.bootstrapServers == "a:1,b:2")
        #expect(config?.clientID == "saas-documents")
        #expect(config?.groupID == "saas-documents-workers")
        #expect(config?.warnings == [])
    }

    @Test(arguments: [
        ("KAFKA_ENABLE_AUTO_COMMIT", "true"), ("KAFKA_ACKS", "1"), ("KAFKA_RETRIES", "0"),
        ("KAFKA_PROP_ENABLE_IDEMPOTENCE", "false"), ("KAFKA_PROP_ENABLE_AUTO_OFFSET_STORE", "true"),
        ("KAFKA_PROP_ACKS", "0"), ("KAFKA_AUTO_OFFSET_RESET", "latest"),
    ])
    func settingsThatLoseEventsAreWarnedOf(name: String, value: String) {
        #expect(warnings(name, value).count == 1)
    }

    @Test(arguments: [
        ("KAFKA_ENABLE_AUTO_COMMIT", "false"), ("KAFKA_ACKS", "all"), ("KAFKA_ACKS", "-1"), ("KAFKA_RETRIES", "3"),
        ("KAFKA_COMPRESSION_TYPE", "gzip"), ("KAFKA_MAX_IN_FLIGHT_REQUESTS", "1"),
        ("KAFKA_PROP_SOCKET_NAGLE_DISABLE", "true"), ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
        ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"), ("KAFKA_SSL_CA_LOCATION", "/etc/ssl/certs"),
    ])
    func usualSettingsAreTaken(name: String, value: String) {
        #expect(warnings(name, value) == [])
    }

    @Test(arguments: [
        "KAFKA_PROP_NONSENSE", "KAFKA_PROP_LINGER_MS", "KAFKA_SECURITY_PROTOCOL", "KAFKA_SSL_NONSENSE",
        "KAFKA_COMPRESSION_TYPE", "KAFKA_RETRIES", "KAFKA_MAX_IN_FLIGHT_REQUESTS",
    ])
    func badSettingsAreNamedWithoutTheirValue(name: String) {
        let problems = read(["KAFKA_BOOTSTRAP_SERVERS": "a:1", name: "s3cret"]).problems
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains(name) && !$0.contains("s3cret") })
    }

    @Test func secretsAreNotPrinted() throws {
        let config = try #require(
            read([
                "KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_SASL_USERNAME": "someone", "KAFKA_SASL_PASSWORD": "s3cret",
                "KAFKA_PROP_SSL_KEY_PASSWORD": "s3cret",
            ]).config)
        var dumped = ""
        dump(config, to: &dumped)
        for text in ["\(config)", String(reflecting: config), dumped, String(describing: [config])] {
            #expect(!text.contains("s3cret"))
            #expect(!text.contains("someone"))
        }
        #expect("\(config)".contains("sasl.password"))
    }

    @Test func usualSettingsMakeClients() throws {
        let config = try #require(read(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_ACKS": "all"]).config)
        _ = try KafkaProducer(config, log: LogLines().log)
        _ = try KafkaConsumer(config, topics: ["t"], log: LogLines().log)
    }

    @Test func settingsThatDoNotFitTogetherFailAtTheStart() throws {
        let config = try #require(
            read([
                "KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_PROP_SSL_CA_LOCATION": "/nowhere/s3cret.pem",
                "KAFKA_SECURITY_PROTOCOL": "ssl",
            ]).config)
        let error = #expect(throws: KafkaError.self) { _ = try KafkaProducer(config, log: LogLines().log) }
        #expect(error.map { "\($0)" + String(reflecting: $0) }?.contains("s3cret") == false)
        #expect(throws: KafkaError.self) { _ = try KafkaConsumer(config, topics: ["t"], log: LogLines().log) }
    }
}
