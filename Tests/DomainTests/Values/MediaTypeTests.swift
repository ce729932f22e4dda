import Domain
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("text/plain", "text/plain"), (" Application/PDF ", "application/pdf"), ("image/svg+xml", "image/svg+xml"),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"), ("x-a/1!#$&-^_.+", "x-a/1!#$&-^_.+"),
    ])
    func isTrimmedAndLowerCased(_ input: String, _ text: String) throws { #expect(try MediaType(input).text == text) }

    @Test(arguments: [
        "", "text", "text/", "/plain", "text/plain/x", "text /plain", "text/pl ain", "text/plain; charset=utf-8",
        "text/*", "*/*", "-a/b", "a/.b", "text/pläin", "text/plain\u{0}", "a,b/c",
    ])
    func anythingElseIsRefused(_ input: String) {
        #expect(problem(input, MediaType.init(_:)) == "must be a MIME type of the form type/subtype")
    }

    @Test func hasAtMost100Characters() {
        #expect(problem("a/" + String(repeating: "b", count: 98), MediaType.init(_:)) == nil)
        #expect(
            problem("a/" + String(repeating: "b", count: 99), MediaType.init(_:)) == "must be at most 100 characters")
    }

    @Test func headersParametersAreDropped() throws {
        #expect(try MediaType(header: "Text/HTML ; charset=\"utf-8\"; x=y").text == "text/html")
        #expect(try MediaType(header: "image/png").text == "image/png")
        #expect(problem("; charset=utf-8", MediaType.init(header:)) != nil)
    }
}
