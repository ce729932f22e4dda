import Testing
import UploadCore

/// A body and what must become of it.
struct MultipartCase: Sendable, CustomTestStringConvertible {
    let title: String
    let boundary: String
    let body: [UInt8]
    let result: Result

    enum Result: Sendable {
        /// Names and contents of the parts.
        case parts([(String, String)])
        case error(MultipartError)
    }

    init(_ title: String, boundary: String = "b", _ body: String, _ result: Result) {
        self.init(title, boundary: boundary, bytes: Array(body.utf8), result)
    }

    init(_ title: String, boundary: String = "b", bytes: [UInt8], _ result: Result) {
        self.title = title
        self.boundary = boundary
        self.body = bytes
        self.result = result
    }

    var testDescription: String { title }

    private static let a = "Content-Disposition: form-data; name=\"a\"\r\n"

    static let good: [MultipartCase] = [
        MultipartCase("one part", "--b\r\n\(a)\r\nhello\r\n--b--\r\n", .parts([("a", "hello")])),
        MultipartCase("no CRLF at the end", "--b\r\n\(a)\r\nhello\r\n--b--", .parts([("a", "hello")])),
        MultipartCase(
            "two parts", "--b\r\n\(a)\r\n1\r\n--b\r\ncontent-disposition: FORM-DATA; NAME=c\r\n\r\n2\r\n--b--\r\n",
            .parts([("a", "1"), ("c", "2")])),
        MultipartCase("no parts", "--b--\r\n", .parts([])),
        MultipartCase("empty data", "--b\r\n\(a)\r\n\r\n--b--\r\n", .parts([("a", "")])),
        MultipartCase("a part without a body", "--b\r\n\(a)\r\n--b--\r\n", .parts([("a", "")])),
        MultipartCase("data that is only a line end", "--b\r\n\(a)\r\n\r\n\r\n--b--\r\n", .parts([("a", "\r\n")])),
        MultipartCase(
            "preamble and epilogue", "To the reader\r\n--\r\n--\r\n--b\r\n\(a)\r\nx\r\n--b--\r\n--b\r\nnothing\n",
            .parts([("a", "x")])),
        MultipartCase("blanks after the boundary", "--b \t\r\n\(a)\r\nx\r\n--b-- \t\r\n", .parts([("a", "x")])),
        MultipartCase(
            "almost delimiters", boundary: "bound",
            "--bound\r\n\(a)\r\n\r\n--boun\r\n--bouNd\r\r\n--\n--bound\r\n-\r\n\r\n--bound--\r\n",
            .parts([("a", "\r\n--boun\r\n--bouNd\r\r\n--\n--bound\r\n-\r\n")])),
        MultipartCase(
            "line feeds are data", "--b\r\n\(a)\r\na\n--b\n\r--b\r\n--b--\r\n", .parts([("a", "a\n--b\n\r--b")])),
        MultipartCase(
            "a boundary of its own kind of data", boundary: "-----------",
            "-------------\r\n\(a)\r\n"
                + "----------\r\n----------\r\n---------------\r\n",
            .parts([("a", "----------\r\n----------")])),
        MultipartCase(
            "a folded header", "--b\r\nContent-Disposition: form-data;\r\n\tname=\"a\"\r\n\r\nx\r\n--b--\r\n",
            .parts([("a", "x")])),
        MultipartCase(
            "a boundary with a space", boundary: "b c", "--b c\r\n\(a)\r\nx\r\n--b c--", .parts([("a", "x")])),
    ]

    static let malformed: [MultipartCase] = [
        MultipartCase("nothing", "", .error(.noDelimiter)),
        MultipartCase("another boundary", "--c\r\n\(a)\r\nx\r\n--c--\r\n", .error(.noDelimiter)),
        MultipartCase("boundary in the middle of a line", "x--b\r\n\(a)\r\nx x--b--", .error(.noDelimiter)),
        MultipartCase("text after the boundary", "--bx\r\n\(a)\r\nx\r\n--b--\r\n", .error(.badDelimiterLine)),
        MultipartCase("text after a later boundary", "--b\r\n\(a)\r\nx\r\n--bx\r\n--b--", .error(.badDelimiterLine)),
        MultipartCase("text after blanks", "--b x\r\n\(a)\r\nx\r\n--b--\r\n", .error(.badDelimiterLine)),
        MultipartCase("one closing dash", "--b\r\n\(a)\r\nx\r\n--b-\r\n", .error(.badDelimiterLine)),
        MultipartCase("three closing dashes", "--b\r\n\(a)\r\nx\r\n--b---\r\n", .error(.badDelimiterLine)),
        MultipartCase("CR alone after the boundary", "--b\r\(a)\r\nx\r\n--b--\r\n", .error(.badDelimiterLine)),
        MultipartCase("CR alone after the closing", "--b\r\n\(a)\r\nx\r\n--b--\rx", .error(.badDelimiterLine)),
        MultipartCase("LF after the boundary", "--b\n\(a)\r\nx\r\n--b--\r\n", .error(.bareLineFeed)),
        MultipartCase("LF after the closing", "--b\r\n\(a)\r\nx\r\n--b--\n", .error(.bareLineFeed)),
        MultipartCase("LF after a header", "--b\r\nA: b\n\(a)\r\nx\r\n--b--\r\n", .error(.bareLineFeed)),
        MultipartCase("LF after the headers", "--b\r\n\(a)\nx\r\n--b--\r\n", .error(.bareLineFeed)),
        MultipartCase(
            "long headers", "--b\r\n\(a)X: \(String(repeating: "x", count: 8192))\r\n\r\nx\r\n--b--",
            .error(.headersTooLarge)),
        MultipartCase(
            "long blanks", "--b\(String(repeating: " ", count: 8192))\r\n\(a)\r\nx\r\n--b--", .error(.headersTooLarge)),
        MultipartCase(
            "65 parts", String(repeating: "--b\r\n\(a)\r\n\r\n", count: 65) + "--b--\r\n", .error(.tooManyParts)),
        MultipartCase("a header without a colon", "--b\r\n\(a)x\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("a header without a name", "--b\r\n\(a): x\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("a blank before the colon", "--b\r\n\(a)X : x\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("a fold at the start", "--b\r\n x\r\n\(a)\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("NUL in a header", "--b\r\n\(a)X: \0\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("CR in a header", "--b\r\n\(a)X: a\rb\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase("a boundary in the headers", "--b\r\n\(a)--b: x\r\n\r\nx\r\n--b--", .error(.malformedHeader)),
        MultipartCase(
            "a name that is not UTF-8",
            bytes: Array("--b\r\nContent-Disposition: form-data; name=\"".utf8) + [0xE4]
                + Array("\"\r\n\r\nx\r\n--b--".utf8),
            .error(.malformedHeader)),
        MultipartCase("two dispositions", "--b\r\n\(a)\(a)\r\nx\r\n--b--", .error(.duplicateHeader)),
        MultipartCase(
            "two types", "--b\r\n\(a)Content-Type: a/b\r\ncontent-type: a/b\r\n\r\nx\r\n--b--", .error(.duplicateHeader)
        ),
        MultipartCase("no headers", "--b\r\n\r\nx\r\n--b--", .error(.dispositionMissing)),
        MultipartCase(
            "no disposition", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", .error(.dispositionMissing)),
        MultipartCase(
            "a nested form", "--b\r\n\(a)Content-Type: Multipart/Mixed; boundary=c\r\n\r\nx\r\n--b--",
            .error(.nestedMultipart)),
        MultipartCase(
            "a base64 part", "--b\r\n\(a)Content-Transfer-Encoding: BASE64\r\n\r\neA==\r\n--b--", .error(.encodedPart)),
        MultipartCase("no closing boundary", "--b\r\n\(a)\r\nx\r\n--b\r\n\(a)\r\nx", .error(.unterminated)),
        MultipartCase("cut in the headers", "--b\r\n\(a)", .error(.unterminated)),
        MultipartCase("cut in the closing boundary", "--b\r\n\(a)\r\nx\r\n--b-", .error(.unterminated)),
        MultipartCase("cut in the closing line", "--b\r\n\(a)\r\nx\r\n--b--\r", .error(.unterminated)),
    ]
}
