import Base
import Kafka
import Synchronization
import Testing

extension KafkaSuite {
    @Suite struct ConsumerTests {
        private let kafka: MockKafka

        init() throws {
            kafka = try MockKafka()
            try kafka.command("topic t 1")
        }

        private func send(_ texts: [String], key: String? = nil) throws {
            let producer = try kafka.producer()
            let results = producer.send(texts.map { KafkaMessage("t", key: key, $0) }, deadline: .inSeconds(20))
            #expect(results.areDelivered)
        }

        private func consumer(
            group: String = "tests", _ settings: [String: String] = [:], log: LogLines = LogLines()
        ) throws -> KafkaConsumer {
            try KafkaConsumer(try kafka.config(group: group, settings), topics: ["t"], log: log.log)
        }

        /// The next messages, which must come within 30 s.
        private func take(_ count: Int, from consumer: KafkaConsumer) throws -> [ReceivedMessage] {
            var messages: [ReceivedMessage] = []
            let deadline = ContinuousClock.now + .seconds(30)
            while messages.count < count, ContinuousClock.now < deadline {
                if let message = try consumer.poll(timeout: .milliseconds(200)) { messages.append(message) }
            }
            try #require(messages.count == count)
            return messages
        }

        @Test func offsetsMoveOnlyWhenStored() throws {
            try send((0..<6).map { "\($0)" })
            let first = try consumer()
            let read = try take(6, from: first)
            #expect(read.map(\.text) == (0..<6).map { "\($0)" })
            first.storeOffset(after: read[2])
            first.close()
            let second = try consumer()
            #expect(try take(3, from: second).map(\.text) == ["3", "4", "5"])
            second.close()
            // Nothing was stored in between: the same again.
            let third = try consumer()
            #expect(try take(1, from: third).map(\.text) == ["3"])
            third.close()
        }

        @Test func storedOffsetsAreCommittedWithoutAsking() throws {
            try send(["0", "1"])
            var crashing: KafkaConsumer? = try consumer()
            if let consumer = crashing {
                let read = try take(1, from: consumer)
                consumer.storeOffset(after: read[0])
                let deadline = ContinuousClock.now + .seconds(20)
                while consumer.lag().map(\.lag) != [1], ContinuousClock.now < deadline {}
            }
            crashing = nil
            let next = try consumer()
            #expect(try take(1, from: next).map(\.text) == ["1"])
            next.close()
        }

        @Test func crashBeforeCommitBringsTheMessagesAgain() throws {
            try send(["0", "1", "2"])
            var crashing: KafkaConsumer? = try consumer(
                group: "tests", ["KAFKA_PROP_AUTO_COMMIT_INTERVAL_MS": "600000"])
            if let consumer = crashing {
                let read = try take(3, from: consumer)
                consumer.storeOffset(after: read[0])
                try consumer.commit()
                // Handled, and not yet committed when the process dies.
                consumer.storeOffset(after: read[1])
            }
            crashing = nil
            let next = try consumer()
            #expect(try take(2, from: next).map(\.text) == ["1", "2"])
            next.close()
        }

        @Test func seekBackShowsTheMessageAgain() throws {
            try send(["0", "1", "2"])
            let reader = try consumer()
            defer { reader.close() }
            let read = try take(2, from: reader)
            try reader.seekBack(to: read[1])
            #expect(try take(2, from: reader).map(\.text) == ["1", "2"])
        }

        @Test func lagCountsWhatIsNotCommitted() throws {
            try send((0..<10).map { "\($0)" })
            let reader = try consumer()
            defer { reader.close() }
            let read = try take(4, from: reader)
            #expect(reader.lag().map(\.lag) == [10])
            reader.storeOffset(after: read[3])
            try reader.commit()
            #expect(reader.lag().map(\.lag) == [6])
            #expect(reader.lag().map(\.topic) == ["t"])
        }

        @Test func topicThatIsNotThereYetIsWaitedFor() throws {
            // The mock creates whatever is asked for, unless it was told an error.
            try kafka.command("topic-error later UNKNOWN_TOPIC_OR_PART")
            let reader = try KafkaConsumer(
                try kafka.config(["KAFKA_PROP_TOPIC_METADATA_REFRESH_INTERVAL_MS": "1000"]), topics: ["t", "later"],
                log: LogLines().log)
            defer { reader.close() }
            try send(["0"])
            let first = try take(1, from: reader)
            #expect(first.map(\.text) == ["0"])
            // The new topic makes the group share out again, from what is committed.
            reader.storeOffset(after: first[0])
            try reader.commit()
            try kafka.command("topic-error later 0")
            let producer = try kafka.producer()
            #expect(producer.send([KafkaMessage("later", "1")], deadline: .inSeconds(20))[0].isDelivered)
            #expect(try take(1, from: reader).map(\.text) == ["1"])
        }

        @Test func brokerAwayAndBackIsWaitedFor() throws {
            try send(["0"])
            let log = LogLines()
            let reader = try consumer(log: log)
            defer { reader.close() }
            let read = try take(1, from: reader)
            try kafka.command("down 1")
            while !log.contain("kafka client error") { #expect(try reader.poll(timeout: .milliseconds(50)) == nil) }
            reader.storeOffset(after: read[0])
            try kafka.command("up 1")
            try send(["1"])
            #expect(try take(1, from: reader).map(\.text) == ["1"])
        }

        @Test func closeEndsWithoutABroker() throws {
            try send(["0"])
            var closing: KafkaConsumer? = try consumer()
            if let reader = closing {
                let read = try take(1, from: reader)
                // First, or the offset may be committed in the background before.
                try kafka.command("down 1")
                reader.storeOffset(after: read[0])
                reader.close()
            }
            closing = nil
            try kafka.command("up 1")
            // Nobody took the offset, so the message comes again.
            let next = try consumer()
            #expect(try take(1, from: next).map(\.text) == ["0"])
            next.close()
        }
    }
}
