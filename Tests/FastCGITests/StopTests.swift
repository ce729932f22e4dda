import Base
import FastCGI
import Glibc
import Testing

extension FastCGISuite {
    @Suite struct StopTests {
        private static let request = Wire.begin() + Wire.parameters([("A", "B")]) + Wire.input([])

        @Test func stopAnswersWhatWaitsInTheBacklog() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let listener = try fixture.listen(threads: 2) { request in
                _ = gate.wait { $0 ? true : nil }
                Handlers.ok(request)
            }
            let connections = try (0..<40).map { _ in try #require(RawConnection(fixture.path)) }
            for connection in connections { connection.send(Self.request) }
            let early = listener.stop(deadline: .zero)
            #expect(!early)
            #expect(RawConnection(fixture.path) == nil)
            gate.update { $0 = true }
            for connection in connections { #expect(connection.readOutput().hasSuffix("ok")) }
            #expect(listener.stop(deadline: .seconds(10)))
        }

        @Test func stopWaitsForRunningRequestsUpToTheDeadline() throws {
            let fixture = Fixture()
            let gate = Condition(false)
            let started = Condition(false)
            let listener = try fixture.listen(threads: 1) { request in
                started.update { $0 = true }
                _ = gate.wait { $0 ? true : nil }
                Handlers.ok(request)
            }
            let connection = try #require(RawConnection(fixture.path))
            connection.send(Self.request)
            _ = started.wait { $0 ? true : nil }
            #expect(listener.activeRequests == 1)
            #expect(!listener.stop(deadline: .milliseconds(20)))
            gate.update { $0 = true }
            #expect(listener.stop(deadline: .seconds(10)))
            #expect(connection.readOutput().hasSuffix("ok"))
            #expect(listener.activeRequests == 0)
            #expect(access(fixture.path, F_OK) != 0)
        }

        @Test func stopWakesIdleThreads() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(threads: 16, Handlers.ok)
            #expect(listener.stop(deadline: .seconds(10)))
            #expect(listener.stop(deadline: .zero))
        }

        @Test func connectAfterStopSendsNothing() throws {
            let fixture = Fixture()
            let listener = try fixture.listen(Handlers.ok)
            #expect(listener.stop(deadline: .seconds(10)))
            #expect(throws: FastCGIError.connectFailed) { try fixture.call() }
        }

        @Test func successorTakesThePathOver() throws {
            let fixture = Fixture()
            let old = try fixture.listen { $0.respond(status: 200, headers: [], body: Array("old".utf8)) }
            let new = try fixture.listen { $0.respond(status: 200, headers: [], body: Array("new".utf8)) }
            #expect(try fixture.call().body == Array("new".utf8))
            #expect(old.stop(deadline: .seconds(10)))
            #expect(try fixture.call().body == Array("new".utf8))
            #expect(new.stop(deadline: .seconds(10)))
            #expect(access(fixture.path, F_OK) != 0)
        }

        @Test func takeoverNeverRefusesAConnect() throws {
            let fixture = Fixture()
            let finished = Condition(false)
            let tally = Condition((answered: 0, failed: 0))
            var listeners = [try fixture.listen(Handlers.ok)]
            let caller = WorkerThread(name: "caller") {
                while !finished.withLock({ $0 }) {
                    let status = try? fixture.call().status
                    tally.update { $0 = status == 200 ? ($0.answered + 1, $0.failed) : ($0.answered, $0.failed + 1) }
                }
            }
            for _ in 0..<100 {
                let before = tally.withLock { $0.answered + $0.failed }
                listeners.append(try fixture.listen(Handlers.ok))
                _ = tally.wait { $0.answered + $0.failed > before ? true : nil }
            }
            finished.update { $0 = true }
            caller.join()
            #expect(tally.withLock { $0.failed } == 0)
            for listener in listeners { #expect(listener.stop(deadline: .seconds(10))) }
        }

        @Test func restartsUnderLoadLoseNoRequest() throws {
            let fixture = Fixture()
            let served = Condition(0)
            let handler: @Sendable (RequestHandle) -> Void = { request in
                served.update { $0 += 1 }
                Handlers.ok(request)
            }
            let finished = Condition(false)
            let tally = Condition((answered: 0, lost: 0))
            var listener = try fixture.listen(threads: 2, handler)
            let callers = (0..<4).map { _ in
                WorkerThread(name: "caller") {
                    while !finished.withLock({ $0 }) {
                        do {
                            let answer = try fixture.call()
                            tally.update { $0.answered += answer.status == 200 ? 1 : 0 }
                        } catch FastCGIError.connectFailed {
                            // Nothing was sent: the path was looked up before the takeover. A caller tries again.
                        } catch {
                            tally.update { $0.lost += 1 }
                        }
                    }
                }
            }
            for _ in 0..<50 {
                let before = tally.withLock { $0.answered }
                let successor = try fixture.listen(threads: 2, handler)
                #expect(listener.stop(deadline: .seconds(10)))
                listener = successor
                _ = tally.wait { $0.answered > before + 8 ? true : nil }
            }
            finished.update { $0 = true }
            for caller in callers { caller.join() }
            #expect(listener.stop(deadline: .seconds(10)))
            let result = tally.withLock { $0 }
            #expect(result.lost == 0)
            #expect(served.withLock { $0 } == result.answered)
        }
    }
}
