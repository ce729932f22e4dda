import EventCore
import Testing

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 8, first: .seconds(1), longest: .seconds(20))

    @Test func pauseDoublesUpToTheLongest() throws {
        for (attempt, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 20), (7, 20)] {
            for _ in 0..<50 {
                let delay = try #require(policy.delay(afterAttempt: attempt))
                #expect(delay >= .seconds(seconds) && delay <= .seconds(seconds) * 1.25)
            }
        }
    }

    @Test func lastAttemptIsTheLast() {
        #expect(policy.delay(afterAttempt: 8) == nil && policy.delay(afterAttempt: 9) == nil)
        #expect(RetryPolicy(attempts: 1).delay(afterAttempt: 1) == nil)
    }

    @Test func manyAttemptsDoNotOverflow() {
        let patient = RetryPolicy(attempts: 1000, first: .seconds(1), longest: .seconds(600))
        #expect(patient.delay(afterAttempt: 999).map { $0 <= .seconds(750) } == true)
    }

    @Test func pausesDifferSoThatFailuresDoNotMarchInStep() {
        #expect(Set((0..<20).map { _ in policy.delay(afterAttempt: 5) }).count > 1)
    }
}
