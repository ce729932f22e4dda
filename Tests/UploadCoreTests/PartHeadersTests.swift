import MultipartFuzz
import Testing
import UploadCore

@Suite struct PartHeadersTests {
    /// The headers of a part with this Content-Disposition, or its error.
    private func parse(_ disposition: String, more: String = "") throws -> PartHeaders {
        let body = Array("--b\r\nContent-Disposition: \(disposition)\r\n\(more)\r\nx\r\n--b--".utf8)
        let transcript = try ParserTrace(of: body, boundary: "b")
        if let failure = transcript.failure { throw failure }
        guard case .began(let headers) = transcript.steps.first else { throw MultipartError.noDelimiter }
        return headers
    }

    @Test(arguments: [
        (#"form-data; name="file"; filename="a b.txt""#, "a b.txt"),
        (#"form-data; name="file"; filename=a.txt"#, "a.txt"),
        (#"form-data ;name="file" ; filename="a;b=c.txt";"#, "a;b=c.txt"),
        (#"form-data; name="file"; filename="größe.txt""#, "größe.txt"),
        (#"form-data; name="file"; filename="a\"b\\c.txt""#, #"a"b\c.txt"#),
        (#"form-data; name="file"; filename="C:\docs\new.txt""#, #"C:\docs\new.txt"#),
        (#"form-data; name="file"; filename="a%22b%0D%0Ac%41%2.txt""#, "a\"b\r\nc%41%2.txt"),
        (#"form-data; name="file"; filename="100%.txt""#, "100%.txt"),
        (#"form-data; name="file"; filename="""#, ""),
        (#"form-data; name="file"; filename*=UTF-8''na%C3%AFve%20file.txt"#, "naïve file.txt"),
        (#"form-data; name="file"; filename="plain.txt"; filename*=utf-8'en'%E2%82%AC%20rates"#, "€ rates"),
        (#"form-data; name="file"; unknown="x"; filename="a""#, "a"),
    ])
    func filenameIsRead(from disposition: String, as expected: String) throws {
        let headers = try parse(disposition)
        #expect(headers.name == "file")
        #expect(headers.filename == expected)
    }

    @Test(arguments: [
        "attachment; name=file", "form-data", "form-data; filename=a", "form-data; name=\"file",
        "form-data; name=\"file\\\"", "form-data; name=\"a\" b", "form-data; name=a; name=b", "form-data; name=a b",
        "form-data; name", "form-data; =a", "form-data; name=a; filename=", "form-data; name=fi\"le",
        "form-data; name=a; filename*=latin-1''a", "form-data; name=a; filename*=UTF-8''%FF",
        "form-data; name=a; filename*=UTF-8''%2", "form-data; name=a; filename*=UTF-8'a",
        "form-data; name=a; filename*=UTF-8''a'b", "form-data; name=a; filename*=\"UTF-8''a b\"", "",
    ])
    func dispositionIsRefused(_ disposition: String) {
        #expect(throws: MultipartError.malformedDisposition) { try parse(disposition) }
    }

    @Test func aPartWithoutFilenameHasNone() throws {
        #expect(try parse("form-data; name=a").filename == nil)
    }

    @Test func escapesInTheNameAreUndone() throws {
        #expect(try parse(#"form-data; name="a%22b\"c""#).name == "a\"b\"c")
    }

    @Test func otherHeadersAreKept() throws {
        let headers = try parse(
            "form-data; name=a", more: "Content-Type: text/plain; charset=x\r\nContent-MD5:  abc= \r\n")
        #expect(headers.contentType == "text/plain; charset=x")
        #expect(headers["content-md5"] == "abc=")
        #expect(headers.fields.map(\.name) == ["content-disposition", "content-type", "content-md5"])
    }

    @Test(arguments: ["binary", "8bit", "7BIT"])
    func identityEncodingIsFine(_ encoding: String) throws {
        _ = try parse("form-data; name=a", more: "Content-Transfer-Encoding: \(encoding)\r\n")
    }
}
