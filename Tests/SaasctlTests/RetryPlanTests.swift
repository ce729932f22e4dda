import Base
import HTTP
import Testing

@testable import saasctl

struct RetryPlanTests {
    private func answer(_ status: Int, retryAfter: Int64? = nil) -> ServiceAnswer {
        ServiceAnswer(
            status: status, data: nil, code: nil, message: nil, requestID: nil, uploadID: nil, retryAfter: retryAfter)
    }

    @Test(arguments: [200, 201, 400, 401, 403, 404, 409, 413, 415, 422, 507])
    func aDecisionIsFinal(status: Int) {
        var plan = RetryPlan()
        #expect(plan.pause(after: answer(status)) == nil)
    }

    @Test(arguments: [408, 500, 502, 503, 504])
    func troubleIsTriedAgainWithGrowingPausesAndNotForEver(status: Int) {
        var plan = RetryPlan()
        var pauses: [Duration] = []
        while let pause = plan.pause(after: answer(status)) { pauses.append(pause) }
        #expect(pauses == pauses.sorted() && pauses.count == 5)
    }

    @Test func theServiceMayAskForMore() {
        var plan = RetryPlan()
        #expect(plan.pause(after: answer(503, retryAfter: 5)) == .seconds(5))
        #expect(plan.pause(after: answer(503, retryAfter: 9999)) == .seconds(60))
    }

    @Test func aLimitIsWaitedOutHoweverOften() {
        var plan = RetryPlan()
        for _ in 0..<50 { #expect(plan.pause(after: answer(429, retryAfter: 1800)) == .seconds(1800)) }
    }

    @Test func aLostConnectionIsTriedAgainAndABadOneIsNot() {
        var plan = RetryPlan()
        #expect(plan.pause(after: HTTPError.brokenOff("x")) != nil)
        #expect(plan.pause(after: HTTPError.couldNotConnect("x")) != nil)
        #expect(plan.pause(after: HTTPError.other("x")) == nil)
    }
}
