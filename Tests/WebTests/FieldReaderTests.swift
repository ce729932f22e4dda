import Base
import Contract
import Domain
import Testing

@testable import Web

@Suite struct FieldReaderTests {
    /// Reads name, role and is_active as a route does; the answer when they are refused.
    private func read(_ body: String, type: String? = "application/json") -> ErrorAnswer? {
        var headers: [String: String] = [:]
        headers["content-type"] = type
        do throws(ErrorAnswer) {
            var fields = try FieldReader(WebFixture.request(.post, "/", headers: headers, body: body))
            _ = fields.text("name", TenantName.init(_:))
            _ = fields.optionalText("role", Role.init(validating:))
            _ = fields.optionalFlag("is_active")
            try fields.finish()
            return nil
        } catch {
            return error
        }
    }

    private func problems(_ body: String) -> [String: String] {
        (read(body)?.details["fields"]?.object ?? [:]).compactMapValues(\.string)
    }

    @Test func rightFieldsAreTaken() throws {
        #expect(read(#"{"name":" Acme ","role":"admin","is_active":true}"#) == nil)
        #expect(read(#"{"name":"Acme"}"#) == nil)
        var fields = try FieldReader(body: Array(#"{"name":" Acme ","is_active":false}"#.utf8))
        #expect(fields.text("name", TenantName.init(_:))?.text == "Acme")
        #expect(fields.optionalFlag("is_active") == false && fields.optionalFlag("other") == nil)
        #expect(throws: Never.self) { try fields.finish() }
    }

    @Test func everyProblemIsToldAtOnce() {
        #expect(
            problems(#"{"name":"","role":"boss","is_active":"yes","color":1,"size":null}"#) == [
                "name": "must not be empty", "role": "must be one of admin, user, viewer",
                "is_active": "must be true or false", "color": "is not known here", "size": "is not known here",
            ])
        #expect(read("{}")?.code == .validationError && problems("{}") == ["name": "is required"])
    }

    @Test func wrongTypesAreRefused() {
        for value in ["1", "true", "null", "[]", "{}", "1.5"] {
            #expect(problems(#"{"name":\#(value)}"#) == ["name": "must be a string"], "\(value)")
            #expect(problems(#"{"name":"A","role":\#(value)}"#) == ["role": "must be a string"], "\(value)")
        }
        for value in ["1", "0", "\"true\"", "null", "[]"] {
            #expect(problems(#"{"name":"A","is_active":\#(value)}"#) == ["is_active": "must be true or false"])
        }
    }

    @Test func nullCharacterIsRefusedInEveryText() {
        #expect(problems(#"{"name":"a\u0000b"}"#) == ["name": "must not contain a null character"])
    }

    @Test func namesOfFieldsAreExact() {
        #expect(problems(#"{"Name":"A"}"#) == ["Name": "is not known here", "name": "is required"])
    }

    @Test(arguments: ["", "{", "{\"name\":}", "name=Acme", "{\"name\":\"A\"} x", "{'name':'A'}", "\u{FEFF}x", "{,}"])
    func malformedJSONIsToldAsSuch(_ body: String) { #expect(read(body) == ErrorAnswer(.malformedJSON)) }

    @Test func bytesThatAreNotUTF8AreMalformed() {
        #expect(throws: ErrorAnswer(.malformedJSON)) {
            _ = try FieldReader(body: Array("{\"name\":\"".utf8) + [0xFF] + Array("\"}".utf8))
        }
    }

    @Test(arguments: ["[]", "\"name\"", "1", "null", "true"])
    func bodyThatIsNoObjectIsInvalid(_ body: String) {
        #expect(
            read(body) == ErrorAnswer(.validationError, message: "The request body must be a JSON object."))
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"])
    func otherContentTypeIsNotSupported(_ type: String) {
        #expect(read(#"{"name":"A"}"#, type: type) == ErrorAnswer(.unsupportedMediaType))
    }

    @Test(arguments: [nil, "", "application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"])
    func JSONNeedsNoContentTypeButMayHaveOne(_ type: String?) {
        #expect(read(#"{"name":"A"}"#, type: type) == nil)
    }

    @Test func largeBodyIsRefused() {
        let body = #"{"name":""# + String(repeating: "a", count: 1 << 20) + #""}"#
        #expect(read(body)?.code == .payloadTooLarge)
    }
}
