import Base
import Contract
import Testing
import UploadCore

@Suite struct HandOffReplyTests {
    private func reply(_ status: Int, _ body: String = "", removes: Bool = false) -> HandOffReply {
        HandOffReply(status: status, body: Array(body.utf8), removesObject: removes)
    }

    @Test func resolveIsReadByItsStatus() {
        let target = UploadTarget(key: "tenants/x/é", contentType: "a/b")
        let push = HandOffReply(status: 200, body: target.jsonBytes)
        #expect(push.resolveOutcome == .push(target))
        #expect(reply(201).resolveOutcome == .done(reply(201)))
        #expect(reply(422).resolveOutcome == .refused(reply(422)))
        #expect(reply(507).resolveOutcome == .refused(reply(507)))
        for unclear in [reply(200), reply(200, "{\"key\":1}"), reply(204), reply(302), reply(0)] {
            guard case .unclear = unclear.resolveOutcome else { return #expect(Bool(false), "\(unclear)") }
        }
    }

    @Test func commitIsFinalOnlyWhenItIsDefinite() {
        #expect(reply(201).commitOutcome == .done(reply(201)))
        #expect(reply(201, removes: true).commitOutcome == .done(reply(201, removes: true)))
        #expect(reply(403).commitOutcome == .refused(reply(403)))
        #expect(reply(409, removes: true).commitOutcome == .refused(reply(409, removes: true)))
        #expect(reply(500, removes: true).commitOutcome == .refused(reply(500, removes: true)))
        for status in [0, 200, 204, 408, 429, 500, 502, 503, 504] {
            guard case .unclear = reply(status).commitOutcome else { return #expect(Bool(false), "\(status)") }
        }
    }

    @Test func abandonIsDoneOnlyBy204() {
        #expect(reply(204).abandonOutcome == .abandoned)
        #expect(reply(409).abandonOutcome == .refused)
        #expect(reply(503).abandonOutcome == .unclear("abandon answered 503"))
    }

    @Test func commitIsTriedForLongerThanARestart() {
        let total = Backoff.commit.pauses.reduce(Duration.zero, +)
        #expect(total > .seconds(10) && total < .seconds(20))
    }

    @Test func sessionThatEndsUnderWayIsToldHowToGoOn() {
        for answer in [UploadAnswer(reply(401)), UploadAnswer(ErrorAnswer(.tokenRevoked))] {
            #expect(answer.headers.contains { $0 == ("WWW-Authenticate", "Bearer") })
        }
        #expect(!UploadAnswer(reply(403)).headers.contains { $0.name == "WWW-Authenticate" })
    }
}
