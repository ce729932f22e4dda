import Base
import Kafka
import Synchronization
import Testing

extension KafkaSuite {
    @Suite struct GroupTests {
        /// What the members of a group have handled, and how many partitions each has.
        private struct Seen {
            var handled: [String: Int] = [:]
            var byMember: [Int: Int] = [:]
            var partitions: [Int: Int] = [:]
        }

        private final class Member: Sendable {
            private let isStopping = Atomic<Bool>(false)
            private let thread: Mutex<WorkerThread?>

            init(_ number: Int, _ kafka: MockKafka, _ seen: Condition<Seen>) {
                thread = Mutex(nil)
                let started = WorkerThread(name: "member-\(number)") { self.run(number, kafka, seen) }
                thread.withLock { $0 = started }
            }

            private func run(_ number: Int, _ kafka: MockKafka, _ seen: Condition<Seen>) {
                do {
                    let consumer = try KafkaConsumer(
                        try kafka.config(), topics: ["t"], log: LogLines().log
                    ) { change in
                        seen.update { seen in
                            if case .assigned(let partitions) = change {
                                seen.partitions[number] = partitions.count
                            } else {
                                seen.partitions[number] = 0
                            }
                        }
                    }
                    while !isStopping.load(ordering: .acquiring) {
                        guard let message = try consumer.poll(timeout: .milliseconds(50)) else { continue }
                        seen.update {
                            $0.handled[message.text, default: 0] += 1
                            $0.byMember[number, default: 0] += 1
                        }
                        consumer.storeOffset(after: message)
                    }
                    consumer.close()
                } catch {
                    Issue.record(error)
                }
            }

            func stop() {
                isStopping.store(true, ordering: .releasing)
                thread.withLock { $0.take() }?.join()
            }
        }

        @Test func membersComingAndGoingMissNothing() throws {
            let kafka = try MockKafka()
            try kafka.command("topic t 6")
            let producer = try kafka.producer()
            let seen = Condition(Seen())
            func send(_ numbers: Range<Int>) {
                let batch = numbers.map { KafkaMessage("t", key: "key-\($0)", "\($0)") }
                #expect(producer.send(batch, deadline: .inSeconds(20)).areDelivered)
            }
            func wait(_ condition: (Seen) -> Bool) throws {
                try #require(seen.wait(until: .inSeconds(40)) { condition($0) ? true : nil } == true)
            }

            send(0..<300)
            let first = Member(1, kafka, seen)
            defer { first.stop() }
            try wait { $0.handled.count == 300 }

            let second = Member(2, kafka, seen)
            let third = Member(3, kafka, seen)
            defer { third.stop() }
            send(300..<600)
            try wait { $0.partitions[1] == 2 && $0.partitions[2] == 2 && $0.partitions[3] == 2 }
            send(600..<900)
            try wait { $0.handled.count == 900 }
            #expect(seen.withLock { $0.byMember.count } == 3)

            second.stop()
            send(900..<1200)
            try wait { $0.handled.count == 1200 }
            try wait { ($0.partitions[1] ?? 0) + ($0.partitions[3] ?? 0) == 6 }
            // At least once: the mock, unlike brokers, takes no commit while the group shares out anew, so messages of
            // the last second come again.
            #expect(seen.withLock { $0.handled.keys.sorted() } == (0..<1200).map { "\($0)" }.sorted())
        }
    }
}
