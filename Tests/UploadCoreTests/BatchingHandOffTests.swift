import Base
import Contract
import Synchronization
import Testing

@testable import UploadCore

/// Calls of one tenant that come while another is on its way travel together.
@Suite struct BatchingHandOffTests {
    /// Notes what it carries, and holds each delivery until it is let go.
    private final class HeldTransport: HandOffTransport {
        struct State: Sendable {
            var sent: [[String]] = []
            var allowed = 0
            var delivery: (@Sendable ([UploadCall]) -> HandOffDelivery)?
        }

        let state = Condition(State())

        func send(
            _ calls: [UploadCall], of tenant: TenantID, requestIDs: [String], isPatient: Bool
        ) -> HandOffDelivery {
            let grants = calls.map { call in
                switch call {
                case .resolve(let upload): upload.grant
                case .commit(let upload): upload.grant
                }
            }
            let number = state.update { state in
                state.sent.append(grants)
                return state.sent.count
            }
            _ = state.wait { $0.allowed >= number ? () : nil }
            if let delivery = state.withLock({ $0.delivery }) { return delivery(calls) }
            return .replies(grants.map { HandOffReply(status: 201, body: Array($0.utf8)) })
        }

        func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome { .abandoned }

        func allow(_ count: Int) { state.update { $0.allowed = count } }

        /// Blocks until so many deliveries have begun.
        func awaitSent(_ count: Int) { _ = state.wait { $0.sent.count >= count ? () : nil } }
    }

    private final class Callers: Sendable {
        let outcomes = Condition<[String: CommitOutcome]>([:])
        private let threads = Mutex<[WorkerThread]>([])

        func commit(_ grant: String, of tenant: TenantID, by handOff: BatchingHandOff) {
            let thread = WorkerThread(name: "caller") { [outcomes] in
                let outcome = handOff.commit(SettleUpload(grant: grant), of: tenant, requestID: grant)
                outcomes.update { $0[grant] = outcome }
            }
            threads.withLock { $0.append(thread) }
        }

        func join() { for thread in threads.withLock({ $0 }) { thread.join() } }
    }

    private let transport = HeldTransport()
    private let callers = Callers()
    private let tenant = TenantID.random()

    private func done(_ grant: String) -> CommitOutcome { .done(HandOffReply(status: 201, body: Array(grant.utf8))) }

    @Test func whoComesMeanwhileTravelsTogetherAndGetsItsOwnAnswer() {
        let handOff = BatchingHandOff(transport, patience: .seconds(60))
        callers.commit("a", of: tenant, by: handOff)
        transport.awaitSent(1)
        for grant in ["b", "c", "d"] { callers.commit(grant, of: tenant, by: handOff) }
        handOff.awaitWaiting(3)
        transport.allow(2)
        callers.join()
        let sent = transport.state.withLock { $0.sent }
        #expect(sent.first == ["a"] && sent.dropFirst().map(Set.init) == [["b", "c", "d"]])
        #expect(callers.outcomes.withLock { $0 } == ["a": done("a"), "b": done("b"), "c": done("c"), "d": done("d")])
    }

    @Test func anotherTenantDoesNotWait() {
        let handOff = BatchingHandOff(transport, patience: .seconds(60))
        callers.commit("a", of: tenant, by: handOff)
        callers.commit("b", of: .random(), by: handOff)
        transport.awaitSent(2)
        transport.allow(2)
        callers.join()
        #expect(callers.outcomes.withLock { $0.count } == 2)
    }

    @Test func aCallThatTakesLongHoldsNobodyUp() {
        let handOff = BatchingHandOff(transport, patience: .zero)
        callers.commit("a", of: tenant, by: handOff)
        transport.awaitSent(1)
        callers.commit("b", of: tenant, by: handOff)
        transport.awaitSent(2)
        transport.allow(2)
        callers.join()
        #expect(callers.outcomes.withLock { $0 } == ["a": done("a"), "b": done("b")])
    }

    @Test(arguments: [HandOffDelivery.broken, .unreachable, .replies([])])
    func aBrokenDeliveryIsUnclearToAll(_ delivery: HandOffDelivery) {
        let handOff = BatchingHandOff(transport, patience: .seconds(60))
        transport.state.withLock { $0.delivery = { _ in delivery } }
        callers.commit("a", of: tenant, by: handOff)
        transport.awaitSent(1)
        for grant in ["b", "c"] { callers.commit(grant, of: tenant, by: handOff) }
        handOff.awaitWaiting(2)
        transport.allow(2)
        callers.join()
        for outcome in callers.outcomes.withLock({ $0 }).values {
            guard case .unclear = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }
}

extension BatchingHandOff {
    /// Blocks until so many calls wait.
    fileprivate func awaitWaiting(_ count: Int) {
        while waiting < count { Pause.sleep(.milliseconds(1)) }
    }
}
