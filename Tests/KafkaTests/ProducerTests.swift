import Base
import Kafka
import Testing

extension KafkaSuite {
    @Suite struct ProducerTests {
        @Test func keysHeadersAndEmptyValuesArrive() throws {
            let kafka = try MockKafka()
            let producer = try kafka.producer()
            let full = KafkaMessage(
                topic: "t", key: Array("tenant".utf8), payload: Array("{\"a\":1}".utf8),
                headers: [
                    ("event_id", Array("1".utf8)), ("twice", Array("a".utf8)), ("twice", [0, 255]), ("empty", []),
                ])
            let bare = KafkaMessage(topic: "t", key: nil, payload: [])
            let emptyKey = KafkaMessage(topic: "t", key: [], payload: [7])
            let results = producer.send([full, bare, emptyKey], deadline: .inSeconds(20))
            #expect(results.map(\.isDelivered) == [true, true, true])

            let messages = try kafka.readAll("t", count: 3)
            #expect(messages.count == 3)
            let read = try #require(messages.first { $0.keyText == "tenant" })
            #expect(read.text == "{\"a\":1}")
            #expect(read.headers.map(\.0) == ["event_id", "twice", "twice", "empty"])
            #expect(read.headers.map(\.1) == [Array("1".utf8), Array("a".utf8), [0, 255], []])
            #expect(read.timestamp != nil)
            #expect(messages.contains { $0.key == nil && $0.payload.isEmpty })
            #expect(messages.contains { $0.key == [] && $0.payload == [7] })
        }

        @Test func orderHoldsForEachKey() throws {
            let kafka = try MockKafka(brokers: 3)
            try kafka.command("topic t 6")
            let producer = try kafka.producer()
            for batch in 0..<10 {
                let messages = (0..<200).map { KafkaMessage("t", key: "key-\($0 % 10)", "\(batch * 200 + $0)") }
                #expect(producer.send(messages, deadline: .inSeconds(20)).areDelivered)
            }
            let read = try kafka.readAll("t", count: 2000)
            #expect(read.count == 2000)
            for (key, messages) in Dictionary(grouping: read, by: \.keyText) {
                #expect(Set(messages.map(\.partition)).count == 1, "\(key ?? "")")
                let numbers = messages.compactMap { Int($0.text) }
                #expect(numbers == numbers.sorted())
                #expect(numbers.count == 200)
            }
        }

        @Test func brokerAwayAndBackLosesAndDoublesNothing() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let log = LogLines()
            let producer = try kafka.producer(log: log)
            #expect(producer.send([KafkaMessage("t", key: "k", "0")], deadline: .inSeconds(20))[0].isDelivered)
            try kafka.command("down 1")
            let results = Condition<[Result<Void, KafkaError>]?>(nil)
            let sender = WorkerThread(name: "sender") {
                let batch = (1...100).map { KafkaMessage("t", key: "k", "\($0)") }
                let sent = producer.send(batch, deadline: .inSeconds(60))
                results.update { $0 = sent }
            }
            #expect(log.waitFor("kafka client error"))
            try kafka.command("up 1")
            sender.join()
            #expect(results.withLock { $0?.areDelivered } == true)
            #expect(try kafka.readAll("t", count: 101).map(\.text) == (0...100).map { "\($0)" })
        }

        /// API 0 is Produce; error 7 is REQUEST_TIMED_OUT, a name that librdkafka uses twice.
        @Test func refusalsThatPassAreRetriedInside() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let producer = try kafka.producer()
            try kafka.command("errors 0 NOT_LEADER_FOR_PARTITION 7 NOT_ENOUGH_REPLICAS")
            let batch = (0..<50).map { KafkaMessage("t", key: "k", "\($0)") }
            #expect(producer.send(batch, deadline: .inSeconds(30)).areDelivered)
            #expect(try kafka.readAll("t", count: 50).map(\.text) == (0..<50).map { "\($0)" })
        }

        @Test func refusalForGoodIsReportedForItsMessagesAlone() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let producer = try kafka.producer(["KAFKA_PROP_TOPIC_METADATA_REFRESH_INTERVAL_MS": "1000"])
            try kafka.command("errors 0 TOPIC_AUTHORIZATION_FAILED")
            let refused = producer.send([KafkaMessage("t", "1")], deadline: .inSeconds(20))
            #expect(refused[0].failure?.name == "TOPIC_AUTHORIZATION_FAILED")
            #expect(refused[0].failure?.isRetryable == false)
            #expect(producer.send([KafkaMessage("other", "2")], deadline: .inSeconds(20))[0].isDelivered)
            // Once the broker's word on the topic changes, which is asked every second here, it is sent again.
            let deadline = ContinuousClock.Instant.inSeconds(20)
            while ContinuousClock.now < deadline {
                if producer.send([KafkaMessage("t", "3")], deadline: .inSeconds(20))[0].isDelivered { break }
            }
            #expect(try kafka.readAll("t", count: 1).map(\.text) == ["3"])
        }

        @Test func tooLargeMessageDoesNotHoldTheOthersUp() throws {
            let kafka = try MockKafka()
            let producer = try kafka.producer()
            let large = KafkaMessage(topic: "t", key: nil, payload: [UInt8](repeating: 1, count: 2 << 20))
            let results = producer.send(
                [KafkaMessage("t", "before"), large, KafkaMessage("t", "after")], deadline: .inSeconds(20))
            #expect(results.map(\.isDelivered) == [true, false, true])
            #expect(results[1].failure?.isMessageTooLarge == true)
        }

        @Test func unknownBrokerEndsAtTheDeadline() throws {
            let producer = try KafkaProducer(try MockKafka.config("127.0.0.1:1"), log: LogLines().log)
            let results = producer.send([KafkaMessage("t", "1")], deadline: .now + .milliseconds(300))
            #expect(results[0].failure?.isRetryable == true)
            #expect(!producer.metadataReachable(timeout: .milliseconds(200)))
            #expect(producer.flushAndClose(deadline: .inSeconds(1)))
            #expect(throws: KafkaError.self) { try producer.createTopics(["t"], partitions: 1, replication: 1) }
        }

        @Test func takenBackAtTheDeadlineIsNotSentLater() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let log = LogLines()
            let producer = try kafka.producer(log: log)
            #expect(producer.send([KafkaMessage("t", "0")], deadline: .inSeconds(20))[0].isDelivered)
            try kafka.command("down 1")
            #expect(log.waitFor("kafka client error"))
            let late = producer.send(
                (1...20).map { KafkaMessage("t", "late \($0)") }, deadline: .now + .milliseconds(300))
            #expect(late.areFailures)
            try kafka.command("up 1")
            #expect(producer.send([KafkaMessage("t", "21")], deadline: .inSeconds(30))[0].isDelivered)
            #expect(try kafka.readAll("t", count: 2).map(\.text) == ["0", "21"])
        }

        @Test func fatalErrorReplacesTheClient() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let log = LogLines()
            let producer = try kafka.producer(log: log)
            #expect(producer.send([KafkaMessage("t", "0")], deadline: .inSeconds(20))[0].isDelivered)
            producer.provokeFatalError()
            let failed = producer.send([KafkaMessage("t", "1"), KafkaMessage("t", "2")], deadline: .inSeconds(20))
            #expect(failed.areFailures)
            #expect(failed.allSatisfy { $0.failure?.isFatal == true && $0.failure?.isRetryable == true })
            #expect(log.contain("kafka producer replaced"))
            let replayed = producer.send([KafkaMessage("t", "1"), KafkaMessage("t", "2")], deadline: .inSeconds(20))
            #expect(replayed.areDelivered)
            #expect(try kafka.readAll("t", count: 3).map(\.text) == ["0", "1", "2"])
        }

        @Test func fatalErrorHandsWaitingMessagesBack() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 1")
            let log = LogLines()
            let producer = try kafka.producer(log: log)
            #expect(producer.send([KafkaMessage("t", "0")], deadline: .inSeconds(20))[0].isDelivered)
            try kafka.command("down 1")
            let failed = Condition<Int?>(nil)
            let sender = WorkerThread(name: "sender") {
                let results = producer.send((1...50).map { KafkaMessage("t", "\($0)") }, deadline: .inSeconds(100))
                failed.update { $0 = results.count { !$0.isDelivered } }
            }
            #expect(log.waitFor("kafka client error"))
            producer.provokeFatalError()
            sender.join()
            #expect(failed.withLock { $0 } == 50)
            try kafka.command("up 1")
            #expect(producer.send([KafkaMessage("t", "51")], deadline: .inSeconds(30))[0].isDelivered)
            #expect(try kafka.readAll("t", count: 2).map(\.text) == ["0", "51"])
        }

        @Test func topicsAreThereAfterCreation() throws {
            let kafka = try MockKafka()
            try kafka.command("topic old 2")
            let producer = try kafka.producer()
            try producer.createTopics(["old", "new.one", "new.two"], partitions: 3, replication: 1)
            try producer.createTopics(["old", "new.one"], partitions: 3, replication: 1)
            #expect(producer.metadataReachable(timeout: .seconds(5)))
            #expect(producer.send([KafkaMessage("new.two", "1")], deadline: .inSeconds(20))[0].isDelivered)
        }

        @Test func emptyBatchHasNoResults() throws {
            let producer = try KafkaProducer(try MockKafka.config("127.0.0.1:1"), log: LogLines().log)
            #expect(producer.send([], deadline: .inSeconds(20)).isEmpty)
        }
    }
}
