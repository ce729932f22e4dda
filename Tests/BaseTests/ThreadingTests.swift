import Base
import Glibc
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ThreadingTests {
    @Test func waitReturnsWhatAnotherThreadMade() {
        let box = Condition<Int?>(nil)
        let thread = WorkerThread(name: "maker") { box.update { $0 = 42 } }
        #expect(box.wait { $0 } == 42)
        thread.join()
    }

    @Test func waitGivesUpAtItsDeadline() {
        let box = Condition<Int?>(nil)
        #expect(box.wait(until: .now + .milliseconds(5)) { $0 } == nil)
        #expect(box.wait(until: .now - .seconds(1)) { $0 } == nil)
        box.withLock { $0 = 1 }
        // What is there already is taken even after the deadline.
        #expect(box.wait(until: .now - .seconds(1)) { $0 } == 1)
    }

    @Test func updateWakesEveryWaiter() {
        let gate = Condition((open: false, passed: 0))
        let threads = (0..<8).map { _ in
            WorkerThread(name: "waiter") {
                _ = gate.wait { $0.open ? true : nil }
                gate.update { $0.passed += 1 }
            }
        }
        gate.update { $0.open = true }
        #expect(gate.wait { $0.passed == 8 ? true : nil } == true)
        for thread in threads { thread.join() }
    }

    @Test func lockExcludesOtherThreads() {
        let count = Condition(0)
        let threads = (0..<4).map { _ in
            WorkerThread(name: "adder") { for _ in 0..<5000 { count.withLock { $0 += 1 } } }
        }
        for thread in threads { thread.join() }
        #expect(count.withLock { $0 } == 20_000)
    }

    @Test func lockIsFreedWhenTheClosureThrows() {
        struct Refused: Error {}
        let box = Condition(1)
        #expect(throws: Refused.self) { try box.withLock { _ throws(Refused) in throw Refused() } }
        #expect(throws: Refused.self) { try box.update { _ throws(Refused) in throw Refused() } }
        #expect(box.withLock { $0 } == 1)
    }

    @Test(arguments: [(false, SCHED_OTHER), (true, 3)])  // SCHED_BATCH, <bits/sched.h>
    func threadHasItsSchedulingPolicy(isBatch: Bool, expected: Int32) {
        let seen = Condition<Int32?>(nil)
        let thread = WorkerThread(name: "policy", isBatch: isBatch) { seen.update { $0 = sched_getscheduler(0) } }
        #expect(seen.wait { $0 } == expected)
        thread.join()
    }

    @Test func threadHasItsNameAndNiceness() {
        let seen = Condition<(name: String, niceness: Int32)?>(nil)
        let thread = WorkerThread(name: "a-name-longer-than-fifteen", niceness: 7) {
            var name = [UInt8](repeating: 0, count: 64)
            let file = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(file, &name, name.count)
            close(file)
            let text = String(decoding: name[..<max(0, count - 1)], as: UTF8.self)
            let niceness = getpriority(__priority_which_t(0), 0)
            seen.update { $0 = (text, niceness) }
        }
        thread.join()
        let result = seen.withLock { $0 }
        #expect(result?.name == "a-name-longer-t")
        #expect(result?.niceness == 7)
        #expect(getpriority(__priority_which_t(0), 0) != 7)
    }

    @Test func threadLeavesOneProcessorToOthers() throws {
        /// How many processors the calling thread may use: the bits of proc(5)'s mask.
        @Sendable func processors() -> Int {
            let lines = (TextFile.read("/proc/thread-self/status") ?? "").split(separator: "\n")
            let mask = lines.first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst("Cpus_allowed:".count) ?? ""
            return mask.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
        }
        let seen = Condition<[Int]>([])
        let thread = WorkerThread(name: "aside") {
            for isLeft in [true, false, true] {
                WorkerThread.leaveOneProcessor(isLeft)
                seen.update { $0.append(processors()) }
            }
        }
        thread.join()
        let all = processors()
        let fewer = max(1, all - 1)
        #expect(all > 0 && seen.withLock { $0 } == [fewer, all, fewer])
    }

    @Test func poolPreparesItsThreadForEachClosure() throws {
        let count = Condition(0)
        let pool = WorkerPool(name: "pool", threads: 1, capacity: 10) { count.withLock { $0 += 1 } }
        #expect(try pool.run { count.withLock { $0 } } == 1)
        #expect(try pool.run { count.withLock { $0 } } == 2)
        pool.stop()
    }

    @Test func poolGivesResultsBack() throws {
        let pool = WorkerPool(name: "pool", threads: 2, capacity: 100)
        let results = Condition<[Int]>([])
        let callers = (0..<10).map { number in
            WorkerThread(name: "caller") {
                if let square = try? pool.run({ number * number }) { results.update { $0.append(square) } }
            }
        }
        for caller in callers { caller.join() }
        #expect(results.withLock { $0.sorted() } == (0..<10).map { $0 * $0 })
        #expect(try pool.run { Int?.none } == nil)
        pool.stop()
    }

    @Test func fullPoolRefusesAtOnce() throws {
        let pool = WorkerPool(name: "pool", threads: 1, capacity: 1)
        let gate = Condition((open: false, started: 0, finished: 0))
        let job: @Sendable () -> Void = {
            gate.update { $0.started += 1 }
            _ = gate.wait { $0.open ? true : nil }
        }
        let running = WorkerThread(name: "running") { _ = try? pool.run(job) }
        _ = gate.wait { $0.started == 1 ? true : nil }
        // One runs. Of the next ten, one finds the place in the queue, and nine are refused while it waits.
        let others = (0..<10).map { _ in
            WorkerThread(name: "other") {
                do { try pool.run {} } catch { gate.update { $0.finished += 1 } }
            }
        }
        #expect(gate.wait { $0.finished == 9 ? true : nil } == true)
        gate.update { $0.open = true }
        for thread in others + [running] { thread.join() }
        #expect(gate.withLock { $0.finished } == 9)
        pool.stop()
    }

    @Test func stoppedPoolFinishesItsQueueAndRefusesMore() throws {
        let pool = WorkerPool(name: "pool", threads: 1, capacity: 10)
        let gate = Condition((open: false, started: 0, done: 0))
        let callers = (0..<5).map { _ in
            WorkerThread(name: "caller") {
                let result: Bool? = try? pool.run {
                    gate.update { $0.started += 1 }
                    _ = gate.wait { $0.open ? true : nil }
                    return true
                }
                if result == true { gate.update { $0.done += 1 } }
            }
        }
        _ = gate.wait { $0.started == 1 ? true : nil }
        gate.update { $0.open = true }
        for caller in callers { caller.join() }
        pool.stop()
        #expect(gate.withLock { $0.done } == 5)
        #expect(throws: WorkerPoolFull.self) { try pool.run {} }
    }
}
