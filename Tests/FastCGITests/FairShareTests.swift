import Base
import Testing

@testable import FastCGI

@Suite struct FairShareTests {
    /// A share and what became of each call, in order.
    private final class Turns {
        private var share: FairShare<Int>

        init(total: Int, perParty: Int, room: Int) { share = FairShare(total: total, perParty: perParty, room: room) }

        func enter(_ party: String, _ request: Int) -> FairShare<Int>.Admission { share.enter(party, request) }
        func enter(_ party: String, _ requests: [Int]) -> [FairShare<Int>.Admission] {
            requests.map { share.enter(party, $0) }
        }
        /// The request that takes the place.
        func leave(_ party: String) -> Int? { share.leave(party)?.request }
        func successor(of party: String) -> String? { share.leave(party)?.party }
        var parked: Int { share.parkedCount }
    }

    @Test func partyRunsUpToItsLimitAndTheRestWaitsInOrder() {
        let turns = Turns(total: 8, perParty: 2, room: 10)
        #expect(turns.enter("a", [1, 2, 3, 4]) == [.run, .run, .park, .park])
        #expect(turns.leave("a") == 3)
        #expect(turns.leave("a") == 4)
        #expect(turns.parked == 0)
        #expect(turns.leave("a") == nil)
        #expect(turns.leave("a") == nil)
        #expect(turns.enter("a", 5) == .run)
    }

    @Test func othersRunWhileOneWaits() {
        let turns = Turns(total: 8, perParty: 1, room: 10)
        #expect(turns.enter("a", [1, 2]) == [.run, .park])
        #expect(turns.enter("b", 3) == .run)
        #expect(turns.leave("b") == nil)  // the other has its share already
        #expect(turns.leave("a") == 2)
    }

    @Test func freePlaceGoesToWhoHasTheFewest() {
        let turns = Turns(total: 3, perParty: 2, room: 10)
        #expect(turns.enter("a", [1, 2]) == [.run, .run])
        #expect(turns.enter("b", 3) == .run)
        #expect(turns.enter("a", 4) == .park)
        #expect(turns.enter("b", 5) == .park)
        #expect(turns.enter("c", 6) == .park)
        #expect(turns.leave("a") == 6)
        #expect(turns.leave("c") == 4)  // a and b have one each: who came first
        #expect(turns.leave("a") == 5)
    }

    @Test func whatIsNobodysMayTakeAllPlaces() {
        let turns = Turns(total: 3, perParty: 1, room: 10)
        #expect(turns.enter("", [1, 2, 3, 4]) == [.run, .run, .run, .park])
        #expect(turns.enter("a", 5) == .park)
        // The party that has none comes before the one that has two.
        #expect(turns.leave("") == 5)
        #expect(turns.leave("a") == 4)
    }

    @Test func fullRoomRefuses() {
        let turns = Turns(total: 8, perParty: 1, room: 2)
        #expect(turns.enter("a", [1, 2, 3, 4]) == [.run, .park, .park, .refuse])
        #expect(turns.enter("b", [5, 6]) == [.run, .refuse])
        #expect(turns.leave("a") == 2)
        #expect(turns.enter("b", 7) == .park)
    }

    @Test func everyoneWhoWaitsIsServed() {
        let turns = Turns(total: 4, perParty: 2, room: 1000)
        var running: [String] = []
        var served = 0
        for number in 0..<600 where turns.enter("\(number % 7)", number) == .run { running.append("\(number % 7)") }
        while let party = running.popLast() {
            served += 1
            if let next = turns.successor(of: party) { running.append(next) }
        }
        #expect(served == 600)
        #expect(turns.parked == 0)
    }
}

extension FastCGISuite {
    @Suite struct SharingTests {
        @Test func partyThatFillsItsShareLeavesTheOthersTheirs() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let entered = Condition(0)
            let policy = SharingPolicy(limit: 2) { $0["PARTY"] ?? "" }
            let listener = try fixture.listen(threads: 4, sharing: policy) { request in
                if request.parameters["PARTY"] == "a" {
                    entered.update { $0 += 1 }
                    _ = gate.wait(until: .now + .seconds(20)) { $0 ? true : nil }
                }
                request.respond(status: request.isOverdue ? 503 : 200, headers: [], body: [])
            }
            let answered = Condition<[Int]>([])
            let clients = (0..<12).map { _ in
                WorkerThread(name: "client") {
                    let status = (try? fixture.call([("PARTY", "a")]))?.status ?? 0
                    answered.update { $0.append(status) }
                }
            }
            _ = entered.wait(until: .now + .seconds(20)) { $0 == 2 ? true : nil }
            for _ in 0..<5 { #expect(try fixture.call([("PARTY", "b")]).status == 200) }
            #expect(entered.withLock { $0 } == 2)
            gate.update { $0 = true }
            for client in clients { client.join() }
            let statuses = answered.withLock { $0 }
            #expect(statuses == [Int](repeating: 200, count: 12))
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func requestThatWaitedTooLongIsMarked() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let entered = Condition(0)
            let policy = SharingPolicy(limit: 1, room: 1, patience: .zero) { _ in "a" }
            let listener = try fixture.listen(threads: 2, sharing: policy) { request in
                let isOverdue = request.isOverdue
                if !isOverdue {
                    entered.update { $0 += 1 }
                    _ = gate.wait(until: .now + .seconds(20)) { $0 ? true : nil }
                }
                request.respond(status: isOverdue ? 503 : 200, headers: [], body: [])
            }
            let answered = Condition<[Int]>([])
            func client() -> WorkerThread {
                WorkerThread(name: "client") {
                    let status = (try? fixture.call())?.status ?? 0
                    answered.update { $0.append(status) }
                }
            }
            let first = client()
            _ = entered.wait(until: .now + .seconds(20)) { $0 == 1 ? true : nil }
            let others = [client(), client()]
            // One has no room and is answered; the other waits until the first has ended.
            _ = answered.wait(until: .now + .seconds(20)) { $0 == [503] ? true : nil }
            gate.update { $0 = true }
            for thread in [first] + others { thread.join() }
            #expect(answered.withLock { $0.sorted() } == [200, 503, 503])
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func whatWaitsIsServedBeforeTheListenerStops() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let entered = Condition(0)
            let listener = try fixture.listen(threads: 2, sharing: SharingPolicy(limit: 1) { _ in "a" }) { request in
                entered.update { $0 += 1 }
                _ = gate.wait(until: .now + .seconds(20)) { $0 ? true : nil }
                request.respond(status: 200, headers: [], body: [])
            }
            let answered = Condition(0)
            let clients = (0..<4).map { _ in
                WorkerThread(name: "client") {
                    if (try? fixture.call())?.status == 200 { answered.update { $0 += 1 } }
                }
            }
            _ = entered.wait(until: .now + .seconds(20)) { $0 == 1 ? true : nil }
            #expect(!listener.stop(deadline: .milliseconds(50)))
            gate.update { $0 = true }
            #expect(listener.stop(deadline: .seconds(10)))
            for client in clients { client.join() }
            #expect(answered.withLock { $0 } >= 1)
        }
    }
}
