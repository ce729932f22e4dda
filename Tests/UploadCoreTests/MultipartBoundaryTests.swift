import Testing
import UploadCore

@Suite struct MultipartBoundaryTests {
    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;BOUNDARY=\"a b:c\"", "a b:c"),
        ("multipart/form-data; charset=utf-8; boundary=----=_Part_1:2.3", "----=_Part_1:2.3"),
        ("multipart/form-data; boundary=\(String(repeating: "x", count: 70)) ;", String(repeating: "x", count: 70)),
        ("multipart/form-data; boundary=\"'()+_,-./:=?\"", "'()+_,-./:=?"),
    ])
    func boundaryIsRead(from contentType: String, as expected: String) throws {
        #expect(try MultipartBoundary(contentType: contentType).text == expected)
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\(String(repeating: "x", count: 71))", "multipart/form-data; boundary=a@b",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=ä", "multipart/form-data; boundary=a b",
    ])
    func boundaryIsRefused(in contentType: String) {
        #expect(throws: MultipartError.badBoundary) { try MultipartBoundary(contentType: contentType) }
    }

    @Test(arguments: [nil, "", "application/json", "multipart/mixed; boundary=a", "text/plain; x"])
    func otherTypesAreRefused(_ contentType: String?) {
        #expect(throws: MultipartError.notFormData) { try MultipartBoundary(contentType: contentType) }
    }
}
