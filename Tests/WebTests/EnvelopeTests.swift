import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

@Suite struct EnvelopeTests {
    @Test(arguments: ErrorCode.allCases)
    func everyErrorHasTheSameShape(_ code: ErrorCode) throws {
        let response = Response(ErrorAnswer(code, details: ["x": .integer(1)], cause: "a secret cause"))
        #expect(response.status == code.status)
        #expect(response.values("Content-Type") == ["application/json; charset=utf-8"])
        #expect(
            response.text
                == #"{"success":false,"error":{"code":"\#(code.rawValue)","message":"\#(code.message)","details":{"x":1}}}"#
        )
    }

    @Test func errorWithoutDetailsHasEmptyOnes() {
        #expect(
            Response(ErrorAnswer(.notFound)).text
                == #"{"success":false,"error":{"code":"NOT_FOUND","message":"There is nothing at this address.","details":{}}}"#
        )
    }

    @Test func wrongFieldsStandInTheDetails() {
        #expect(
            Response(.invalid(fields: ["b": "is required", "a": "must be a string"])).text
                == #"{"success":false,"error":{"code":"VALIDATION_ERROR","message":"Some fields are not valid.","details":{"fields":{"a":"must be a string","b":"is required"}}}}"#
        )
    }

    @Test func successHasDataAndMessage() throws {
        let web = try WebFixture()
        let response = web.send(.get, "/health/live")
        #expect(response.status == 200 && response.values("Content-Type") == ["application/json; charset=utf-8"])
        #expect(response.text == #"{"success":true,"data":{"status":"healthy"},"message":"Alive."}"#)
    }

    @Test func refusalWithoutATokenNamesTheScheme() {
        for code in ErrorCode.allCases {
            let expected = code.status == 401 ? ["Bearer"] : []
            #expect(Response(ErrorAnswer(code)).values("WWW-Authenticate") == expected)
        }
    }

    @Test func whatPassesSoonSaysWhen() {
        for code in ErrorCode.allCases where [429, 503].contains(code.status) {
            #expect(Response(ErrorAnswer(code)).values("Retry-After").count == 1, "\(code)")
        }
        #expect(Response(ErrorAnswer(.notFound)).values("Retry-After").isEmpty)
    }
}
