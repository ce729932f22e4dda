import Base
import Contract
import Crypto
import Testing
import UploadCore

/// Uploads that are refused: nothing is asked of the application, nothing is stored, nothing stays in the spool.
@Suite struct UploadRefusalTests {
    private let file = part("file", "some content of a file")

    private func expectNothing(_ fixture: UploadFixture, _ comment: Comment? = nil) {
        #expect(fixture.handOff.resolved.isEmpty, comment)
        #expect(fixture.store.with { $0.puts } == 0, comment)
        #expect(fixture.folder.files == [], comment)
    }

    @Test func aBodyCutAnywhereLeavesNothing() throws {
        let fixture = try UploadFixture()
        let body = form(part("filename", "a.txt"), file)
        for length in 0..<body.count {
            // The stream breaks off.
            var request = fixture.request(body)
            #expect(fixture.upload(request, BodyBytes(body, cutAt: length)).status == 400)
            request.contentLength = nil
            #expect(fixture.upload(request, BodyBytes(body, pieceBytes: 7, cutAt: length)).status == 400)
            // The stream ends as if it were whole, and only the length tells.
            #expect(fixture.upload(fixture.request(body), BodyBytes(Array(body[..<length]))).status == 400)
            expectNothing(fixture, "at \(length)")
        }
    }

    @Test func aBodyCutWithoutLengthOrStreamErrorLeavesNothing() throws {
        let fixture = try UploadFixture()
        let body = form(file)
        // Without its last line end the form is complete.
        for length in 0..<body.count - 2 {
            var request = fixture.request(body)
            request.contentLength = nil
            #expect(fixture.upload(request, BodyBytes(Array(body[..<length]))).status == 400)
            expectNothing(fixture, "at \(length)")
        }
    }

    @Test func aLengthThatDiffersIsRefused() throws {
        let fixture = try UploadFixture()
        let body = form(file)
        for length in [String(body.count - 1), String(body.count + 1), "0", "x", "-1", "+5", "99999999999999999999"] {
            var request = fixture.request(body)
            request.contentLength = length
            #expect(fixture.upload(request, BodyBytes(body)).code == "BAD_REQUEST")
        }
        expectNothing(fixture)
    }

    @Test func oneByteTooManyIsRefused() throws {
        let fixture = try UploadFixture()
        let answer = fixture.upload(form(part("file", "12345")), maxBytes: 4)
        #expect(answer.status == 413)
        #expect(answer.code == "PAYLOAD_TOO_LARGE")
        expectNothing(fixture)
    }

    @Test func aTooLongBodyIsRefusedBeforeItIsRead() throws {
        let fixture = try UploadFixture()
        let body = form(part("file", String(repeating: "x", count: 6000)))
        var reader = BodyBytes(body)
        #expect(fixture.handler.handle(fixture.request(body, maxBytes: 100), body: &reader).status == 413)
        #expect(reader.unread == body.count)
        expectNothing(fixture)
    }

    @Test func aTooLongFrameIsRefused() throws {
        let fixture = try UploadFixture()
        let body = form(file) + [UInt8](repeating: 0x20, count: 5000)
        var request = fixture.request(body, maxBytes: 100)
        request.contentLength = nil
        #expect(fixture.upload(request, BodyBytes(body)).status == 413)
        expectNothing(fixture)
    }

    @Test(arguments: [
        ([part("other", "x")], "NO_FILE", 422),
        ([], "NO_FILE", 422),
        ([part("file", "", filename: "")], "EMPTY_FILE", 422),
        ([part("file", "a"), part("file", "b")], "BAD_REQUEST", 400),
        ([part("file", "a"), part("file", "")], "BAD_REQUEST", 400),
        ([part("file", "a"), part("filename", "b"), part("filename", "b")], "BAD_REQUEST", 400),
        ([part("file", "a"), part("filename", String(repeating: "n", count: 4097))], "VALIDATION_ERROR", 422),
        ([part("file", "a"), part("x", String(repeating: "n", count: 65_537))], "PAYLOAD_TOO_LARGE", 413),
        ([part("x", String(repeating: "n", count: 65_536)), part("mime_type", "y")], "PAYLOAD_TOO_LARGE", 413),
        (["--b\r\nContent-Type: a/b\r\n\r\n\r\n"], "BAD_REQUEST", 400),
    ])
    func formIsRefused(_ parts: [String], code: String, status: Int) throws {
        let fixture = try UploadFixture()
        let body = Array((parts.joined() + "--b--\r\n").utf8)
        var request = fixture.request(body)
        request.contentLength = nil
        let answer = fixture.upload(request, BodyBytes(body))
        #expect(answer.code == code)
        #expect(answer.status == status)
        expectNothing(fixture)
    }

    @Test func aFieldThatIsNotUTF8IsRefused() throws {
        let fixture = try UploadFixture()
        let bytes = form(file, part("filename", "@"))
        let answer = fixture.upload(bytes.map { $0 == UInt8(ascii: "@") ? 0xFF : $0 })
        #expect(answer.code == "VALIDATION_ERROR")
        expectNothing(fixture)
    }

    @Test func fieldsOfExactlyTheirLimitsFit() throws {
        let fixture = try UploadFixture()
        let body = form(
            file, part("filename", String(repeating: "n", count: 4096)),
            part("x", String(repeating: "n", count: 65_536 - 4096)))
        #expect(fixture.upload(body).status == 201)
    }

    @Test func aGrantThatIsNotOursIsRefused() throws {
        let fixture = try UploadFixture()
        let body = form(file)
        let other = try SigningKey()
        let grants = [
            nil, "", "a.b", fixture.grant(key: other), fixture.grant(expires: 1_800_000_000),
            fixture.grant().replacing(".", with: ""),
        ]
        for grant in grants {
            var request = fixture.request(body)
            request.grant = grant
            let answer = fixture.upload(request, BodyBytes(body))
            #expect(answer.code == "FORBIDDEN")
            #expect(answer[header: "X-Upload-Id"] == nil)
        }
        var request = fixture.request(body)
        request.requestID = "another"
        #expect(fixture.upload(request, BodyBytes(body)).code == "FORBIDDEN")
        expectNothing(fixture)
    }

    @Test func otherMethodsAndTypesAreRefused() throws {
        let fixture = try UploadFixture()
        let body = form(file)
        var request = fixture.request(body)
        request.method = "PUT"
        let answer = fixture.upload(request, BodyBytes(body))
        #expect(answer.status == 405)
        #expect(answer[header: "Allow"] == "POST")
        request = fixture.request(body)
        request.contentType = "application/json"
        #expect(fixture.upload(request, BodyBytes(body)).code == "UNSUPPORTED_MEDIA_TYPE")
        request.contentType = "multipart/form-data"
        #expect(fixture.upload(request, BodyBytes(body)).code == "BAD_REQUEST")
        expectNothing(fixture)
    }
}
