import Base
import Contract
import Testing

@Suite struct ErrorTests {
    /// The statuses that the REST contract names for errors.
    private static let statuses: Set<Int> = [
        400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 416, 422, 429, 431, 500, 502, 503, 504, 507,
    ]

    @Test(arguments: ErrorCode.allCases) func everyCodeHasAStatusAndASentence(code: ErrorCode) {
        #expect(Self.statuses.contains(code.status))
        #expect(code.message.hasSuffix("."))
        #expect(code.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x41...0x5A).contains($0) })
        #expect((code.retryAfterSeconds != nil) == [429, 503].contains(code.status))
    }

    @Test func envelopeHasExactlyItsMembers() throws {
        let answer = ErrorAnswer(
            .validationError, details: ["fields": .object(["email": .string("is \"missing\"")])])
        #expect(
            String(decoding: answer.jsonBytes, as: UTF8.self)
                == #"{"success":false,"error":{"code":"VALIDATION_ERROR","message":"Some fields are not valid.","#
                + #""details":{"fields":{"email":"is \"missing\""}}}}"#)
    }

    @Test func envelopeWithoutDetailsHasAnEmptyObject() throws {
        let json = try JSONValue(parsing: ErrorAnswer(.notFound, message: "Nothing.").jsonBytes)
        #expect(json["success"]?.bool == false)
        #expect(json["error"]?["message"]?.string == "Nothing.")
        #expect(json["error"]?["details"] == .object([:]))
        #expect(json["error"]?.object?.count == 3)
    }
}
