import Base
import Contract
import Testing

@Suite struct UploadBatchTests {
    private let resolve = ResolveUpload(
        grant: "g", md5: "m", sha256: "s", size: 3, sniffedType: "text/plain", partType: nil, partFilename: "ü\"\n",
        filenameField: nil, mimeTypeField: nil)

    @Test func callsArriveAsTheyWereSent() throws {
        let calls: [UploadCall] = [.resolve(resolve), .commit(SettleUpload(grant: "h")), .resolve(resolve)]
        #expect(UploadBatch.calls(try JSONValue(parsing: UploadBatch.request(calls))) == calls)
    }

    @Test func repliesArriveAsTheyWereSent() {
        let replies = [
            UploadBatch.Reply(status: 201, body: Array("{\"a\":\n1}".utf8), removesObject: true, retryAfter: nil),
            UploadBatch.Reply(status: 503, body: [], removesObject: false, retryAfter: "5"),
            UploadBatch.Reply(status: 200, body: [0, 255, 10], removesObject: false, retryAfter: nil),
        ]
        #expect(UploadBatch.replies(UploadBatch.answer(replies)) == replies)
    }

    @Test func aBrokenAnswerIsNone() {
        let answer = UploadBatch.answer([
            UploadBatch.Reply(status: 201, body: Array("body".utf8), removesObject: false, retryAfter: nil)
        ])
        for count in answer.indices { #expect(UploadBatch.replies(Array(answer[..<count])) == nil) }
        #expect(UploadBatch.replies(answer + [0]) == nil)
    }

    @Test func tooManyOrUnknownCallsAreRefused() throws {
        let many = Array(repeating: UploadCall.commit(SettleUpload(grant: "g")), count: UploadBatch.maxCalls + 1)
        #expect(UploadBatch.calls(try JSONValue(parsing: UploadBatch.request(many))) == nil)
        #expect(UploadBatch.calls(.object(["calls": .array([.object(["abandon": .object([:])])])])) == nil)
        #expect(UploadBatch.calls(.null) == nil)
    }
}
