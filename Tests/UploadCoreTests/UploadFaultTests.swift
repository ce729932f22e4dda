import Base
import Contract
import ObjectStore
import Testing
import UploadCore

/// Uploads that fail behind the sidecar: at the application or at the store.
@Suite struct UploadFaultTests {
    private let body = form(part("file", "some content of a file"))

    @Test(arguments: [
        (ObjectStoreError.unavailable("x"), "STORAGE_UNAVAILABLE", 503), (.refused("x"), "STORAGE_UNAVAILABLE", 503),
        (.corrupted("x"), "STORAGE_UNAVAILABLE", 503), (.full, "INSUFFICIENT_STORAGE", 507),
    ])
    func aFailedPushIsGivenUp(_ failure: ObjectStoreError, code: String, status: Int) throws {
        let fixture = try UploadFixture()
        fixture.store.with { ($0.failure, $0.storesWhenFailing) = (failure, true) }
        let answer = fixture.upload(body)
        #expect(answer.code == code)
        #expect(answer.status == status)
        #expect(fixture.handOff.abandons == 1)
        #expect(fixture.handOff.commits == 0)
        #expect(fixture.store.objects.isEmpty, "an abandoned upload's object is rubbish")
        #expect(fixture.folder.files == [])
    }

    @Test(arguments: [AbandonOutcome.refused, .unclear("x")])
    func anObjectStaysWhileItMayBeCommitted(_ outcome: AbandonOutcome) throws {
        let fixture = try UploadFixture(ScriptedHandOff(abandon: [outcome]))
        fixture.store.with { ($0.failure, $0.storesWhenFailing) = (.unavailable("x"), true) }
        #expect(fixture.upload(body).status == 503)
        #expect(fixture.store.objects.count == 1)
        #expect(fixture.looseEnds.count == (outcome == .refused ? 0 : 1))
    }

    @Test func anUploadThatTookOfABudgetIsGivenUpWheneverItFails() throws {
        let refused = HandOffReply(status: 409, body: [])
        for (script, failing) in [
            (ScriptedHandOff(resolve: [.refused(refused)]), body), (ScriptedHandOff(commit: [.refused(refused)]), body),
            (ScriptedHandOff(), Array(body.dropLast(20))),
        ] {
            let fixture = try UploadFixture(script)
            fixture.charge = UploadCharge(bytes: 9, takenAt: Timestamp(seconds: 1))
            #expect(fixture.upload(failing).status >= 400)
            #expect(fixture.handOff.abandons == 1)
        }
        let fixture = try UploadFixture()
        fixture.charge = UploadCharge(bytes: 9, takenAt: Timestamp(seconds: 1))
        #expect(fixture.upload(body).status == 201)
        #expect(fixture.handOff.abandons == 0)
    }

    @Test func aRefusedCommitIsRelayed() throws {
        let reply = HandOffReply(status: 403, body: Array("gone".utf8), removesObject: true, retryAfter: "9")
        let fixture = try UploadFixture(ScriptedHandOff(commit: [.refused(reply)]))
        let answer = fixture.upload(body)
        #expect(answer.status == 403)
        #expect(answer.body == reply.body)
        #expect(answer[header: "Retry-After"] == "9")
        #expect(answer[header: "X-Upload-Id"] == fixture.uploadID.description)
        #expect(fixture.store.objects.isEmpty)
        #expect(fixture.handOff.commits == 1)
    }

    @Test func aRefusedCommitRemovesNothingUnasked() throws {
        let fixture = try UploadFixture(ScriptedHandOff(commit: [.refused(HandOffReply(status: 409, body: []))]))
        #expect(fixture.upload(body).status == 409)
        #expect(fixture.store.objects.count == 1)
    }

    @Test func aCommitThatStaysUnclearKeepsTheObject() throws {
        let fixture = try UploadFixture(ScriptedHandOff(commit: [.unclear("x")]))
        let answer = fixture.upload(body)
        #expect(answer.code == "SERVICE_UNAVAILABLE")
        #expect(answer[header: "Retry-After"] == "5")
        #expect(fixture.handOff.commits == 3)
        #expect(fixture.handOff.abandons == 0)
        #expect(fixture.store.objects.count == 1)
        #expect(fixture.folder.files == [])
        // Whatever it became, it is told to the application until that hears.
        #expect(fixture.looseEnds.count == 1)
        fixture.looseEnds.settle()
        #expect(fixture.handOff.abandons == 1)
        #expect(fixture.looseEnds.count == 0)
    }

    @Test func aRefusedResolveIsRelayed() throws {
        let reply = HandOffReply(status: 422, body: Array("bad name".utf8))
        let fixture = try UploadFixture(ScriptedHandOff(resolve: [.refused(reply)]))
        let answer = fixture.upload(body)
        #expect(answer.status == 422)
        #expect(answer.body == reply.body)
        #expect(fixture.store.with { $0.puts } == 0)
        #expect(fixture.folder.files == [])
    }

    @Test func anUnclearResolveIsAskedAgain() throws {
        let target = UploadTarget(key: "k", contentType: "text/plain")
        let fixture = try UploadFixture(ScriptedHandOff(resolve: [.unclear("x"), .push(target)]))
        #expect(fixture.upload(body).status == 201)
        #expect(fixture.handOff.resolved.count == 2)
        #expect(fixture.handOff.resolved[0] == fixture.handOff.resolved[1])
        #expect(fixture.pauses.made == [.milliseconds(1)])
        #expect(fixture.handOff.abandons == 0)
    }

    @Test func aResolveThatStaysUnclearPushesNothing() throws {
        let fixture = try UploadFixture(ScriptedHandOff(resolve: [.unclear("x")]))
        #expect(fixture.upload(body).code == "SERVICE_UNAVAILABLE")
        #expect(fixture.handOff.resolved.count == 3)
        #expect(fixture.handOff.abandons == 1)
        #expect(fixture.store.with { $0.puts } == 0)
    }
}
