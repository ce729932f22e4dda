import Base
import Contract
import ObjectStore
import Testing
import UploadCore

/// Uploads that are taken.
@Suite struct UploadHandlerTests {
    private let content = "The quick brown fox jumps over the lazy dog"
    private let created = HandOffReply(status: 201, body: Array("created".utf8))

    @Test func newContentIsStoredAndCommitted() throws {
        let fixture = try UploadFixture()
        let answer = fixture.upload(
            form(
                part("mime_type", "text/plain"), part("file", content, filename: "C:\\x\\fox.txt", type: "text/fox"),
                part("filename", "dög.txt"), part("other", "ignored")))
        #expect(answer.status == 201)
        #expect(answer.body == Array("created".utf8))
        #expect(answer[header: "X-Upload-Id"] == fixture.uploadID.description)
        #expect(fixture.store.objects == ["k": Array(content.utf8)])
        #expect(fixture.store.with { $0.types["k"] } == "text/x-decided")
        #expect(fixture.handOff.commits == 1)
        #expect(fixture.folder.files == [])

        let asked = try #require(fixture.handOff.resolved.first)
        // Digests of the sentence as published for RFC 1321 and FIPS 180-4 implementations.
        #expect(asked.md5 == "9e107d9d372bb6826bd81d3542a419d6")
        #expect(asked.sha256 == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592")
        #expect(asked.size == 43)
        #expect(asked.sniffedType == "text/plain")
        #expect(asked.partType == "text/fox")
        #expect(asked.partFilename == "fox.txt")
        #expect(asked.filenameField == "dög.txt")
        #expect(asked.mimeTypeField == "text/plain")
    }

    @Test(arguments: [1, 43, 44, 1 << 20])
    func everySpoolLimitStoresTheSame(memoryBytes: Int) throws {
        let fixture = try UploadFixture(memoryBytes: memoryBytes)
        #expect(fixture.upload(form(part("file", content))).status == 201)
        #expect(fixture.store.objects == ["k": Array(content.utf8)])
        #expect(fixture.folder.files == [])
    }

    @Test func aLargeFileComesThroughWhole() throws {
        let fixture = try UploadFixture()
        var random = SeededGenerator(seed: 7)
        let bytes = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let head = Array("--b\r\nContent-Disposition: form-data; name=file\r\n\r\n".utf8)
        #expect(fixture.upload(head + bytes + Array("\r\n--b--\r\n".utf8)).status == 201)
        #expect(fixture.store.objects == ["k": bytes])
    }

    @Test func knownContentIsNotPushed() throws {
        let fixture = try UploadFixture(ScriptedHandOff(resolve: [.done(created)]))
        let answer = fixture.upload(form(part("file", content)))
        #expect(answer.status == 201)
        #expect(answer.body == created.body)
        #expect(fixture.store.with { $0.puts } == 0)
        #expect(fixture.handOff.commits == 0)
        #expect(fixture.folder.files == [])
    }

    @Test func aChunkedBodyNeedsNoLength() throws {
        let fixture = try UploadFixture()
        let body = form(part("file", content))
        var request = fixture.request(body)
        request.contentLength = ""
        #expect(fixture.upload(request, BodyBytes(body, pieceBytes: 1)).status == 201)
    }

    @Test func aFileOfExactlyTheLimitFits() throws {
        let fixture = try UploadFixture()
        #expect(fixture.upload(form(part("file", content)), maxBytes: 43).status == 201)
    }

    @Test func anUnclearCommitIsAskedAgain() throws {
        let fixture = try UploadFixture(ScriptedHandOff(commit: [.unclear("x"), .unclear("y"), .done(created)]))
        #expect(fixture.upload(form(part("file", content))).status == 201)
        #expect(fixture.handOff.commits == 3)
        #expect(fixture.pauses.made == [.milliseconds(1), .milliseconds(2)])
        #expect(fixture.store.objects.count == 1)
    }

    @Test func anUploadThatWasOutrunRemovesItsObject() throws {
        let reply = HandOffReply(status: 201, body: Array("theirs".utf8), removesObject: true)
        let fixture = try UploadFixture(ScriptedHandOff(commit: [.done(reply)]))
        let answer = fixture.upload(form(part("file", content)))
        #expect(answer.status == 201)
        #expect(answer.body == Array("theirs".utf8))
        #expect(fixture.store.objects.isEmpty)
    }

    @Test func oneLineIsLoggedAndNoNames() throws {
        let fixture = try UploadFixture()
        _ = fixture.upload(form(part("file", content, filename: "secret-plan.txt"), part("filename", "hidden-name")))
        let line = try #require(fixture.lines.text.first)
        #expect(fixture.lines.text.count == 1)
        #expect(line.contains("\"upload.bytes\":43"))
        #expect(line.contains("\"upload.outcome\":\"stored\""))
        #expect(line.contains(fixture.uploadID.description))
        #expect(!line.contains("secret-plan") && !line.contains("hidden-name"))
    }
}
