import Domain
import Testing

@Suite struct UploadTypePolicyTests {
    private func type(_ policy: UploadTypePolicy, _ sniffed: String, _ declared: String?, _ name: String) -> String? {
        MediaTypeRules.type(
            under: policy, sniffed: MediaType(stored: sniffed), declared: declared.map { MediaType(stored: $0) },
            filename: Filename(stored: name)
        )?.text
    }

    private static let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @Test func correctStoresWhatTheBytesAre() {
        #expect(type(.correct, "image/png", "text/html", "a.html") == "image/png")
        #expect(type(.correct, "text/plain", "text/csv", "a.csv") == "text/csv")
        #expect(type(.correct, "application/zip", nil, "a.docx") == Self.docx)
    }

    @Test func recordStoresWhatTheClientSays() {
        #expect(type(.record, "image/png", "application/pdf", "a.pdf") == "application/pdf")
        #expect(type(.record, "image/png", "application/octet-stream", "a.bin") == "image/png")
        #expect(type(.record, "application/zip", nil, "a.docx") == Self.docx)
        #expect(type(.record, "image/png", nil, "a.pdf") == "image/png")
    }

    @Test(arguments: [
        ("image/png", "application/pdf", "a"), ("image/png", nil, "a.pdf"), ("image/png", "image/png", "a.jpg"),
        ("text/html", "image/png", "a.png"), ("text/html", nil, "notes.txt"), ("text/html", "text/plain", "a"),
        ("application/x-executable", "image/gif", "a.gif"), ("application/pdf", Self.docx, "a.docx"),
        ("image/png", nil, "a.docx"), ("text/plain", nil, "page.html"),
        ("application/octet-stream", "application/pdf", "a"), ("application/octet-stream", nil, "a.png"),
        ("application/octet-stream", Self.docx, "a.docx"),
    ])
    func refuseRefusesAFalseClaim(_ sniffed: String, declared: String?, name: String) {
        #expect(type(.refuse, sniffed, declared, name) == nil)
    }

    @Test(arguments: [
        ("image/png", "image/png", "a.png", "image/png"), ("image/png", nil, "a", "image/png"),
        ("image/png", "application/octet-stream", "a.unknown", "image/png"),
        ("application/zip", Self.docx, "a.docx", Self.docx), ("application/zip", nil, "a.zip", "application/zip"),
        ("text/plain", "text/csv", "a.csv", "text/csv"), ("text/plain", nil, "a.json", "application/json"),
        ("text/x-c", "text/plain", "notes.txt", "text/x-c"), ("text/html", "text/html", "a.html", "text/html"),
        ("image/jpeg", "image/jpg", "a.JPG", "image/jpg"),
    ])
    func refuseTakesAnHonestClaim(_ sniffed: String, declared: String?, name: String, stored: String) {
        #expect(type(.refuse, sniffed, declared, name) == stored)
    }
}
