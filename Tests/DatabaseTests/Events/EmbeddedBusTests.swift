import Base
import Contract
import Domain
import EventCore
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct EmbeddedBusTests {
        let fixture: EventFixture
        let handler: NotingHandler

        init() throws {
            fixture = try EventFixture()
            handler = NotingHandler()
        }

        /// What the handler did inside transactions that were committed, in order.
        private func effects() throws -> [String] {
            // Its audit events are delivered like others and have no handler: read them before they are.
            try fixture.execute(
                "SELECT data->>'note' FROM outbox WHERE event_type = 'audit.log' ORDER BY seq"
            ).map { try $0.decode(0) }
        }

        @Test func eventsOfOneAggregateKeepTheirOrderThroughFailures() throws {
            let document = DocumentID.random()
            try fixture.append([
                fixture.event("a1", document: document), fixture.event("a2", document: document),
                fixture.event("b1"), fixture.event("a3", document: document),
            ])
            handler.failing.withLock { $0 = ["a1"] }
            let bus = fixture.bus(handler)
            let drain = try fixture.drain(bus)
            // a2 and a3 wait for a1, whose next try is to come; the other document's event does not.
            #expect(handler.acts.withLock { $0 } == ["a1", "b1"])
            #expect(drain.again != nil)
            handler.failing.withLock { $0 = [] }
            fixture.clock.advance(by: .seconds(2))
            try fixture.drain(bus)
            #expect(handler.acts.withLock { $0 } == ["a1", "b1", "a1", "a2", "a3"])
            #expect(try fixture.count("SELECT count(*) FROM outbox") == 0)
        }

        @Test func eventsThatShareATransactionAreDeliveredTogether() throws {
            let handler = NotingHandler(sharesTransaction: true)
            try fixture.append((1...40).map { fixture.event("\($0)") })
            let before = try fixture.count("SELECT count(DISTINCT xmin::text) FROM inbox")
            #expect(try fixture.drain(fixture.bus(handler)).isClean)
            #expect(handler.acts.withLock { $0 } == (1...40).map { "\($0)" })
            let transactions = try fixture.count(
                "SELECT count(DISTINCT xmin::text) FROM inbox WHERE handler = 'document.deleted'")
            #expect(before == 0 && transactions < 20)
        }

        @Test func whatATransactionHasNoTimeForIsDeliveredByTheNext() throws {
            // Two of these take longer than events may be handled together.
            let handler = NotingHandler(sharesTransaction: true, pause: .milliseconds(60))
            try fixture.append((1...5).map { fixture.event("\($0)") })
            #expect(try fixture.drain(fixture.bus(handler)).isClean)
            #expect(handler.acts.withLock { $0 } == (1...5).map { "\($0)" })
            let handled = try fixture.execute(
                "SELECT count(*), count(DISTINCT xmin::text) FROM inbox WHERE handler = 'document.deleted'")
            #expect(try handled[0].decode(0, as: Int64.self) == 5 && handled[0].decode(1, as: Int64.self) > 1)
        }

        @Test func onesThatHadTheirEffectAreForgottenAmongOthers() throws {
            let handler = NotingHandler(sharesTransaction: true)
            let events = (1...4).map { fixture.event("\($0)") }
            let bus = fixture.bus(handler)
            try fixture.append(Array(events[1...2]))
            try fixture.drain(bus)
            try fixture.append(events)
            try fixture.drain(bus)
            #expect(handler.acts.withLock { $0 } == ["2", "3", "1", "4"])
            #expect(try fixture.count("SELECT count(*) FROM outbox") == 0)
        }

        @Test func oneThatFailsAmongOthersIsTheOnlyOneThatFails() throws {
            let handler = NotingHandler(sharesTransaction: true)
            handler.failing.withLock { $0 = ["bad"] }
            try fixture.append(["a", "b", "bad", "c"].map { fixture.event($0) })
            let drain = try fixture.drain(fixture.bus(handler))
            #expect(drain.again != nil && !drain.isClean)
            // Each once more by itself, after nothing was kept of the first try.
            #expect(handler.acts.withLock { $0 } == ["a", "b", "bad", "a", "b", "bad", "c"])
            let left = try fixture.execute("SELECT data->>'note', attempts FROM outbox")
            #expect(try left.map { try $0.decode(0, as: String.self) } == ["bad"])
            #expect(try left[0].decode(1, as: Int64.self) == 1)
            #expect(try fixture.count("SELECT count(*) FROM inbox WHERE handler = 'document.deleted'") == 3)
        }

        @Test func oneBehindVeryManyThatWaitIsDelivered() throws {
            let handler = NotingHandler(sharesTransaction: true)
            let document = DocumentID.random()
            handler.failing.withLock { $0 = ["bad"] }
            try fixture.append([fixture.event("bad", document: document)])
            let bus = fixture.bus(handler)
            try fixture.drain(bus)
            try fixture.append((0..<80).map { fixture.event("\($0)", document: document) } + [fixture.event("other")])
            #expect(try fixture.drain(bus).again != nil)
            #expect(handler.acts.withLock { $0 } == ["bad", "other"])
        }

        @Test func oneThatSharesNothingIsHandledByItself() throws {
            try fixture.append((1...5).map { fixture.event("\($0)") })
            #expect(try fixture.drain(fixture.bus(handler)).isClean)
            let transactions = try fixture.count(
                "SELECT count(DISTINCT xmin::text) FROM inbox WHERE handler = 'document.deleted'")
            #expect(transactions == 5)
        }

        @Test func itIsKnownWhenNothingIsLeftBehind() throws {
            let bus = fixture.bus(handler, attempts: 1)
            try fixture.append([fixture.event("a"), fixture.event("b")])
            // The handler has told of each in an event of its own.
            #expect(try fixture.drain(bus) == Drain(settled: 4, isClean: true))
            #expect(try fixture.drain(bus) == Drain())
            handler.failing.withLock { $0 = ["dead"] }
            try fixture.append([fixture.event("dead"), fixture.event("c")])
            #expect(try fixture.drain(bus) == Drain(settled: 3))
        }

        @Test func whatWaitsForItsNextTryIsLeftBehind() throws {
            let bus = fixture.bus(handler, attempts: 3)
            handler.failing.withLock { $0 = ["late"] }
            try fixture.append([fixture.event("late"), fixture.event("a")])
            let drain = try fixture.drain(bus)
            #expect(drain.settled == 2 && !drain.isClean && drain.again != nil)
        }

        @Test func anEventThatIsDeliveredTwiceHasOneEffect() throws {
            let event = fixture.event("once")
            try fixture.append([event])
            let bus = fixture.bus(handler)
            try fixture.drain(bus)
            try fixture.append([event])
            try fixture.drain(bus)
            #expect(handler.acts.withLock { $0 } == ["once"])
            #expect(try fixture.count("SELECT count(*) FROM inbox WHERE handler = 'document.deleted'") == 1)
        }

        @Test func aFailedHandlerLeavesNothingOfItsTransaction() throws {
            handler.failing.withLock { $0 = ["bad"] }
            try fixture.append([fixture.event("bad")])
            try fixture.drain(fixture.bus(handler))
            #expect(try fixture.count("SELECT count(*) FROM inbox") == 0)
            #expect(try effects() == [])
            #expect(try fixture.count("SELECT attempts FROM outbox") == 1)
        }

        @Test func whatFailsForGoodIsDeadWithItsCauseAndOthersGoOn() throws {
            handler.failing.withLock { $0 = ["bad"] }
            let bad = fixture.event("bad")
            try fixture.append([bad, fixture.event("good")])
            let bus = fixture.bus(handler, attempts: 3)
            for _ in 0..<3 {
                try fixture.drain(bus)
                fixture.clock.advance(by: .seconds(10))
            }
            let letter = try #require(try fixture.letters().first)
            #expect(letter.id == bad.id)
            #expect(letter.attempts == 3)
            #expect(letter.cause == "STORAGE_UNAVAILABLE: away")
            #expect(letter.firstFailure <= letter.death)
            #expect(handler.acts.withLock { $0 } == ["bad", "good", "bad", "bad"])
            #expect(try fixture.count("SELECT count(*) FROM outbox") == 0)
        }

        @Test func anUnknownTypeIsDeadAtOnceAndOthersGoOn() throws {
            try fixture.append([fixture.event("strange"), fixture.event("good")])
            try fixture.execute("UPDATE outbox SET event_type = 'moon.landed' WHERE data->>'note' = 'strange'")
            try fixture.drain(fixture.bus(handler))
            #expect(handler.acts.withLock { $0 } == ["good"])
            #expect(try fixture.letters().map(\.type) == ["moon.landed"])
        }

        @Test func aRevivedLetterTakesEffectOnce() throws {
            handler.failing.withLock { $0 = ["bad"] }
            let event = fixture.event("bad")
            try fixture.append([event])
            let bus = fixture.bus(handler, attempts: 1)
            try fixture.drain(bus)
            #expect(try fixture.letters().count == 1)
            handler.failing.withLock { $0 = [] }
            let revived = try fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                try tenant.deadLetters.revive(event.id)
            }
            #expect(revived == 1)
            try fixture.drain(bus)
            #expect(handler.acts.withLock { $0 } == ["bad", "bad"])
            #expect(try fixture.letters().isEmpty)
            #expect(try fixture.count("SELECT count(*) FROM inbox WHERE handler = 'document.deleted'") == 1)
        }

        @Test func whenMostWouldDieNoneIsGivenUp() throws {
            let notes = (0..<30).map { "bad\($0)" }
            handler.failing.withLock { $0 = Set(notes) }
            try fixture.append(notes.map { fixture.event($0) })
            try fixture.drain(fixture.bus(handler, attempts: 1))
            #expect(try fixture.letters().count < 8)
            #expect(try fixture.count("SELECT count(*) FROM outbox") > 22)
        }

        @Test func twoReadersNeverTakeTheSameEvent() throws {
            let document = DocumentID.random()
            try fixture.append((0..<40).map { fixture.event("\($0)", document: $0 % 2 == 0 ? document : .random()) })
            let bus = fixture.bus(handler)
            let threads = (0..<3).map { number in
                WorkerThread(name: "reader-\(number)") { [fixture] in
                    while let drain = try? fixture.drain(bus), drain.settled > 0 || drain.again != nil {}
                }
            }
            for thread in threads { thread.join() }
            let acts = handler.acts.withLock { $0 }
            #expect(acts.count == 40)
            #expect(Set(acts).count == 40)
            let ordered = acts.compactMap { Int($0) }.filter { $0 % 2 == 0 }
            #expect(ordered == ordered.sorted())
        }

        @Test func batchesAreGivenToOneReaderAtATime() throws {
            try fixture.append([fixture.event("x"), fixture.event("y")])
            try fixture.data.inTenant(fixture.tenant, .write) { first throws(ErrorAnswer) in
                let batch = try first.outbox.takeBatch(limit: 10, at: fixture.clock.now())
                let other = try fixture.data.inTenant(fixture.tenant, .write) { second throws(ErrorAnswer) in
                    try second.outbox.takeBatch(limit: 10, at: fixture.clock.now())
                }
                #expect(batch?.count == 2)
                #expect(other == nil)
            }
        }
    }
}
