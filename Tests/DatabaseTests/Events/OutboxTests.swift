import Base
import Contract
import Domain
import EventCore
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct OutboxTests {
        let fixture: EventFixture

        init() throws { fixture = try EventFixture() }

        private func write<R>(_ body: (TenantRepositories) throws(ErrorAnswer) -> R) throws -> R {
            try fixture.data.inTenant(fixture.tenant, .write, body)
        }

        private func batch(limit: Int = 10) throws -> [String] {
            let now = fixture.clock.now()
            let taken = try write { tenant throws(ErrorAnswer) in try tenant.outbox.takeBatch(limit: limit, at: now) }
            return (taken ?? []).compactMap { $0.event?.data["note"]?.string }
        }

        private func putBack(_ event: Event, in seconds: Int64) throws {
            let (now, retry) = (fixture.clock.now(), fixture.clock.now() + .seconds(seconds))
            try write { tenant throws(ErrorAnswer) in
                try tenant.outbox.putBack(
                    event, after: EventFailures(attempts: 2, first: now, cause: "why"), retry: retry)
            }
        }

        @Test func aBatchIsInOrderAndOfItsSize() throws {
            try fixture.append((0..<5).map { fixture.event("\($0)") })
            #expect(try batch(limit: 3) == ["0", "1", "2"])
        }

        private func take(limit: Int) throws -> [String] {
            let now = fixture.clock.now()
            return try write { tenant throws(ErrorAnswer) in try tenant.outbox.take(limit: limit, at: now) }
                .compactMap { $0.event?.data["note"]?.string }
        }

        @Test func theOldestOfEachDocumentAreTaken() throws {
            let document = DocumentID.random()
            try fixture.append([
                fixture.event("a", document: document), fixture.event("b"), fixture.event("a2", document: document),
                fixture.event("c"), fixture.event("d"),
            ])
            #expect(try take(limit: 3) == ["a", "b", "c"])
            #expect(try take(limit: 1) == ["a"])
            #expect(try take(limit: 10) == ["a", "b", "c", "d"])
        }

        @Test func oneBehindVeryManyThatWaitIsFound() throws {
            let document = DocumentID.random()
            try putBack(fixture.event("late", document: document), in: 60)
            try fixture.append((0..<30).map { fixture.event("\($0)", document: document) } + [fixture.event("other")])
            #expect(try take(limit: 4) == [])
            #expect(try take(limit: 8) == ["other"])
            #expect(try take(limit: 1) == ["other"])
            let due = try write { tenant throws(ErrorAnswer) in try tenant.outbox.nextDue() }
            #expect(due != nil)
        }

        @Test func whatIsNotDueHoldsBackItsOwnDocumentAlone() throws {
            let document = DocumentID.random()
            let late = fixture.event("late", document: document)
            try putBack(late, in: 60)
            try fixture.append([fixture.event("after it", document: document), fixture.event("other")])
            #expect(try batch() == ["other"])
            fixture.clock.advance(by: .seconds(61))
            #expect(try batch() == ["late", "after it", "other"])
        }

        @Test func whatIsPutBackKeepsItsFailures() throws {
            let event = fixture.event("x")
            try putBack(event, in: 0)
            try putBack(event, in: 0)
            let entries = try write { tenant throws(ErrorAnswer) in try tenant.outbox.list(limit: 10) }
            #expect(entries.map(\.attempts) == [2] && entries.map(\.lastError) == ["why"])
            #expect(entries.map(\.firstFailure) == [fixture.clock.now()] && entries.map(\.event) == [event])
        }

        /// The reader may see a message before the relay has removed its row.
        @Test func whatIsPutBackWhileItsRowIsBeingRemovedIsNotLost() throws {
            let event = fixture.event("x")
            try fixture.append([event])
            let isHeld = Condition(false)
            let relay = WorkerThread(name: "relay") { [fixture] in
                _ = try? fixture.data.inTenant(fixture.tenant, .write) { tenant throws(ErrorAnswer) in
                    _ = try tenant.outbox.takeBatch(limit: 10, at: fixture.clock.now())
                    isHeld.update { $0 = true }
                    // Until the other waits for this row.
                    let deadline = ContinuousClock.now + .seconds(20)
                    while ContinuousClock.now < deadline, (try? fixture.waiters()) == 0 {}
                    try tenant.outbox.markDelivered([event.id])
                }
            }
            _ = isHeld.wait { $0 ? true : nil }
            try putBack(event, in: 0)
            relay.join()
            #expect(try batch() == ["x"])
        }

        @Test func theInboxTakesAnEventOnceForEachHandlerAndForgets() throws {
            let (event, other, now) = (EventID.random(), EventID.random(), fixture.clock.now())
            try write { tenant throws(ErrorAnswer) in
                #expect(try tenant.inbox.claim([event: "a"], at: now) == [event])
                #expect(try tenant.inbox.claim([event: "a", other: "a"], at: now) == [other])
                #expect(try tenant.inbox.claim([event: "b"], at: now) == [event])
                try tenant.inbox.release([event: "b", other: "b"])
                #expect(try tenant.inbox.claim([event: "b", other: "a"], at: now) == [event])
                #expect(try tenant.inbox.prune(before: now) == 0)
                #expect(try tenant.inbox.prune(before: now + .seconds(1)) == 3)
                #expect(try tenant.inbox.claim([event: "a"], at: now) == [event])
            }
        }

        @Test func refusedMessagesAreListedReadAndForgotten() throws {
            let now = fixture.clock.now()
            let places = [2, 10].map { MessagePlace(topic: "t", partition: 1, offset: $0) }
            try fixture.data.inMain(.write) { main throws(ErrorAnswer) in
                for place in places {
                    for _ in 0..<2 {
                        try main.operations.reject(
                            RejectedMessage(place: place, cause: "?", payload: [0, 255], at: now))
                    }
                }
                let listed = try main.operations.rejected(after: nil, limit: 10)
                #expect(listed.map(\.place) == places && listed.map(\.payloadBytes) == [2, 2])
                #expect(try main.operations.rejected(after: places[0], limit: 10).map(\.place) == [places[1]])
                #expect(try main.operations.rejected(places[1])?.payload == [0, 255])
                try main.operations.forgetRejected(places[1])
                #expect(try main.operations.rejected(places[1]) == nil)
                #expect(try main.operations.totalBacklog().dead == 1)
            }
        }

        @Test func countsOfEventsAreSummedOverWorkers() throws {
            let first = EventCount(type: "document.uploaded", outcome: .consumed, total: 3)
            try fixture.data.inMain(.write) { main throws(ErrorAnswer) in
                try main.operations.add([first, EventCount(type: "demo", outcome: .dead, total: 1)])
                try main.operations.add([first])
                #expect(
                    try main.operations.eventCounts() == [
                        EventCount(type: "demo", outcome: .dead, total: 1),
                        EventCount(type: "document.uploaded", outcome: .consumed, total: 6),
                    ])
            }
        }

        @Test func replayRequestsKeepTheirScope() throws {
            let scopes: [ReplayRequest.Scope] = [
                .everywhere, .main, .tenant(.random()), .rejected(nil),
                .rejected(MessagePlace(topic: "t.u", partition: 3, offset: 4)),
            ]
            let now = fixture.clock.now()
            for scope in scopes {
                let taken = try fixture.data.inMain(.write) { main throws(ErrorAnswer) in
                    _ = try main.operations.requestReplay(scope, event: nil, at: now)
                    let taken = try main.operations.takeReplay()
                    if let taken { try main.operations.finishReplay(taken.id, replayed: 1, at: now) }
                    return taken
                }
                #expect(taken?.scope == scope)
            }
        }
    }
}
