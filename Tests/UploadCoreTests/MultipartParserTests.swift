import Contract
import MultipartFuzz
import Testing
import UploadCore

@Suite struct MultipartParserTests {
    @Test(arguments: MultipartCase.good + MultipartCase.malformed)
    func bodyHasItsOutcome(of test: MultipartCase) throws {
        let transcript = try ParserTrace(of: test.body, boundary: test.boundary)
        switch test.result {
        case .error(let error): #expect(transcript.failure == error)
        case .parts(let expected):
            let parts = try #require(transcript.parts)
            #expect(parts.map(\.name) == expected.map(\.0))
            #expect(parts.map(\.data) == expected.map { Array($0.1.utf8) })
        }
    }

    @Test(arguments: MultipartCase.good + MultipartCase.malformed)
    func everySplitSaysTheSame(of test: MultipartCase) throws {
        let whole = try ParserTrace(of: test.body, boundary: test.boundary)
        // All offsets, but for the bodies that only test a size: there the ends and every 97th.
        let end = test.body.count
        for cut in 0...end where end < 1000 || cut < 100 || end - cut < 100 || cut.isMultiple(of: 97) {
            let split = try ParserTrace(of: test.body, boundary: test.boundary, cuts: [cut])
            guard split == whole else { return #expect(split == whole, "cut at \(cut)") }
        }
        let bytewise = try ParserTrace(of: test.body, boundary: test.boundary, cuts: Array(0..<end))
        #expect(bytewise == whole)
    }

    @Test func everyPairOfSplitsSaysTheSame() throws {
        for test in MultipartCase.good + MultipartCase.malformed where test.body.count < 85 {
            let whole = try ParserTrace(of: test.body, boundary: test.boundary)
            for first in 0...test.body.count {
                for second in first...test.body.count {
                    let split = try ParserTrace(of: test.body, boundary: test.boundary, cuts: [first, second])
                    guard split == whole else { return #expect(split == whole, "\(test.title) at \(first), \(second)") }
                }
            }
        }
    }

    @Test func everyCutOfAGoodBodyIsRefused() throws {
        let body = Array("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--b--".utf8)
        for length in 0..<body.count {
            let cut = try ParserTrace(of: Array(body[..<length]), boundary: "b")
            #expect(cut.failure == (length < 3 ? .noDelimiter : .unterminated), "at \(length)")
        }
    }

    @Test func everyErrorHasACase() {
        let seen = MultipartCase.malformed.compactMap { test -> MultipartError? in
            if case .error(let error) = test.result { error } else { nil }
        }
        let elsewhere: [MultipartError] = [.notFormData, .badBoundary, .malformedDisposition]
        #expect(MultipartError.allCases.allSatisfy { seen.contains($0) || elsewhere.contains($0) })
    }

    @Test func headersFitExactly() throws {
        let fixed = "Content-Disposition: form-data; name=a\r\nX: \r\n\r\n".utf8.count + 2
        func transcript(extra: Int) throws -> ParserTrace {
            let filler = String(repeating: "x", count: 8192 - fixed + extra)
            let body = "--b\r\nContent-Disposition: form-data; name=a\r\nX: \(filler)\r\n\r\nx\r\n--b--"
            return try ParserTrace(of: Array(body.utf8), boundary: "b")
        }
        #expect(try transcript(extra: 0).parts?.count == 1)
        #expect(try transcript(extra: 1).failure == .headersTooLarge)
    }

    @Test func sixtyFourPartsFit() throws {
        let part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
        let body = Array((String(repeating: part, count: 64) + "--b--\r\n").utf8)
        #expect(try ParserTrace(of: body, boundary: "b").parts?.count == 64)
    }

    @Test func anErrorStays() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary(contentType: contentType("b")))
        let bytes = Array("--bx--b\r\n".utf8)
        bytes.withUnsafeBytes { bytes in
            var input = bytes
            #expect(throws: MultipartError.badDelimiterLine) { while try parser.next(&input) != nil {} }
            #expect(throws: MultipartError.badDelimiterLine) { while try parser.next(&input) != nil {} }
        }
        #expect(throws: MultipartError.badDelimiterLine) { _ = try parser.finish() }
    }

    @Test func errorsAreBadRequestsButForTheWrongType() {
        for error in MultipartError.allCases {
            #expect(error.answer.code.status == (error == .notFormData ? 415 : 400))
        }
    }
}
