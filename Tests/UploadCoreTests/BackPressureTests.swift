import Testing
import UploadCore

/// Uploads for which there is no place: they are told so, and leave nothing.
@Suite struct BackPressureTests {
    private let body = form(part("file", String(repeating: "x", count: 2000)))

    private func expectNothing(_ fixture: UploadFixture) {
        #expect(fixture.handOff.resolved.isEmpty)
        #expect(fixture.store.with { $0.puts } == 0)
        #expect(fixture.folder.files == [])
        #expect(fixture.spool.space.reserved == 0)
    }

    @Test func oneUploadTooManyIsRefusedBeforeItsBodyIsRead() throws {
        var caps = UploadCaps()
        caps.total = 0
        let fixture = try UploadFixture(caps: caps)
        var reader = BodyBytes(body)
        let answer = fixture.handler.handle(fixture.request(body), body: &reader)
        #expect(answer.status == 429)
        #expect(answer.code == "TOO_MANY_UPLOADS")
        #expect(answer[header: "Retry-After"] != nil)
        #expect(reader.unread == body.count)
        expectNothing(fixture)
    }

    @Test func aPlaceIsFreeAgainAfterEachUpload() throws {
        var caps = UploadCaps()
        caps.total = 1
        let fixture = try UploadFixture(caps: caps)
        for _ in 0..<3 {
            #expect(fixture.upload(body).status == 201)
            #expect(fixture.upload(form(part("other", "x"))).status == 422)
            var reader = BodyBytes(body, cutAt: 500)
            #expect(fixture.handler.handle(fixture.request(body), body: &reader).status == 400)
        }
    }

    @Test func aClientThatIsTooSlowIsCut() throws {
        let fixture = try UploadFixture(secondsPerRead: 20)
        let answer = fixture.upload(body)
        #expect(answer.status == 408)
        #expect(answer.code == "TIMEOUT")
        expectNothing(fixture)
        #expect(try UploadFixture(secondsPerRead: 1).upload(body).status == 201)
    }

    @Test func aSpoolThatIsTooSmallIsSaidBeforeTheFileIsReceived() throws {
        let fixture = try UploadFixture(spoolBytes: 1500)
        var reader = BodyBytes(body)
        let answer = fixture.handler.handle(fixture.request(body), body: &reader)
        #expect(answer.status == 507)
        #expect(answer.code == "INSUFFICIENT_STORAGE")
        #expect(reader.unread > 1500)
        expectNothing(fixture)
    }

    @Test func aSpoolThatIsTooSmallIsFoundWithoutALengthToo() throws {
        let fixture = try UploadFixture(spoolBytes: 1500)
        var request = fixture.request(body)
        request.contentLength = nil
        #expect(fixture.upload(request, BodyBytes(body)).status == 507)
        expectNothing(fixture)
    }

    @Test func spaceIsGivenBackAfterEachUpload() throws {
        let fixture = try UploadFixture(spoolBytes: 5000)
        for _ in 0..<5 {
            #expect(fixture.upload(body).status == 201)
            #expect(fixture.spool.space.reserved == 0)
        }
    }
}
