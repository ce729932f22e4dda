import Kafka
import Testing

extension KafkaSuite {
    /// kcat is another program on the same protocol: what it reads is what outside consumers would.
    @Suite struct KcatTests {
        @Test func kcatReadsWhatWeProduce() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let producer = try kafka.producer()
            let messages = (0..<3).map {
                KafkaMessage(
                    topic: "t", key: Array("tenant-\($0)".utf8), payload: Array("{\"n\":\($0)}".utf8),
                    headers: [("event_id", Array("id-\($0)".utf8))])
            }
            #expect(producer.send(messages, deadline: .inSeconds(20)).areDelivered)
            let lines = try ChildProcess.run([
                "kcat", "-b", kafka.bootstrapServers, "-C", "-t", "t", "-o", "beginning", "-e", "-q", "-f",
                "%k %h %s\\n",
            ])
            #expect(lines == (0..<3).map { "tenant-\($0) event_id=id-\($0) {\"n\":\($0)}" })
        }

        @Test func kcatsMessagesReachUs() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let lines = try ChildProcess.run(
                ["kcat", "-b", kafka.bootstrapServers, "-P", "-t", "t", "-K:", "-H", "from=kcat", "-z", "gzip"],
                input: "a:not json\nb:{}\n")
            #expect(lines == [])
            let messages = try kafka.readAll("t", count: 2)
            #expect(messages.map(\.keyText) == ["a", "b"])
            #expect(messages.map(\.text) == ["not json", "{}"])
            #expect(messages.allSatisfy { $0.header("from") == Array("kcat".utf8) && $0.header("none") == nil })
        }
    }
}
