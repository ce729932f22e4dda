import Base
import Testing

@Suite(.timeLimit(.minutes(1))) struct RecurringThreadTests {
    @Test func workIsDoneAgainAndAgain() {
        let count = Condition(0)
        let thread = RecurringThread(name: "again", pause: .milliseconds(1)) { count.update { $0 += 1 } }
        thread.start()
        #expect(count.wait { $0 >= 3 ? true : nil } == true)
        thread.stop()
        let end = count.withLock { $0 }
        #expect(count.wait(until: .now + .milliseconds(20)) { $0 > end ? true : nil } == nil)
    }

    @Test func pauseIsAsLongAsTheWorkSays() {
        let count = Condition(0)
        // Three times in a row; the fourth would come in an hour.
        let thread = RecurringThread(name: "rests") {
            count.update { $0 += 1 }
            return count.withLock { $0 } < 3 ? .zero : .seconds(3600)
        }
        thread.start()
        #expect(count.wait { $0 == 3 ? true : nil } == true)
        thread.stop()  // wakes it
        #expect(count.withLock { $0 } == 3)
    }

    @Test func stopWithoutAStartIsNothing() {
        RecurringThread(name: "never", pause: .zero) {}.stop()
    }
}
