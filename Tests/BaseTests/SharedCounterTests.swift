import Base
import Glibc
import Testing

@Suite struct SharedCounterTests {
    @Test func allWhoMapTheFileSeeOneNumber() throws {
        let path = "/tmp/counter-test-\(Identifier<SharedCounterTests>.random())"
        defer { unlink(path) }
        let first = try #require(SharedCounter(path: path))
        let second = try #require(SharedCounter(path: path))
        #expect(first.value == 0)
        first.increase()
        second.increase()
        #expect(first.value == 2 && second.value == 2)
        // It lives on in those who have it when its file goes.
        unlink(path)
        second.increase()
        #expect(first.value == 3)
    }

    @Test func placeThatCannotBeWrittenGivesNone() {
        #expect(SharedCounter(path: "/tmp/no-such-directory-\(getpid())/counter") == nil)
    }
}
