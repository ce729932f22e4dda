import Domain
import Testing

@Suite struct MediaTypeRulesTests {
    private static let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    private static let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    private func stored(_ sniffed: String, _ declared: String?, _ name: String) -> String {
        MediaTypeRules.stored(
            sniffed: MediaType(stored: sniffed), declared: declared.map { MediaType(stored: $0) },
            filename: Filename(stored: name)
        ).text
    }

    private func fits(_ type: String, _ sniffed: String) -> Bool {
        MediaTypeRules.isCompatible(MediaType(stored: type), with: MediaType(stored: sniffed))
    }

    @Test func officeDocumentInAZipKeepsItsOwnType() {
        #expect(stored("application/zip", Self.docx, "a.docx") == Self.docx)
        #expect(stored("application/zip", nil, "a.docx") == Self.docx)
        #expect(stored("application/zip", "application/octet-stream", "Budget.XLSX") == Self.xlsx)
        #expect(stored("application/zip", nil, "a.odt") == "application/vnd.oasis.opendocument.text")
        #expect(stored("application/zip", nil, "a.zip") == "application/zip")
    }

    @Test func oldOfficeDocumentKeepsItsOwnType() {
        #expect(stored("application/x-ole-storage", nil, "a.doc") == "application/msword")
        #expect(stored("application/cdfv2", "application/vnd.ms-excel", "a.xls") == "application/vnd.ms-excel")
    }

    @Test func textFormatsKeepTheirOwnType() {
        #expect(stored("text/plain", nil, "a.csv") == "text/csv")
        #expect(stored("text/plain", "text/csv", "a.txt") == "text/csv")
        #expect(stored("text/plain", nil, "README.md") == "text/markdown")
        #expect(stored("text/plain", "application/vnd.api+json", "a") == "application/vnd.api+json")
        #expect(stored("text/plain", nil, "a.txt") == "text/plain")
    }

    @Test func clientsTypeWinsOverTheExtensionWhenItFits() {
        #expect(stored("text/plain", "text/markdown", "a.csv") == "text/markdown")
        #expect(stored("text/plain", "image/png", "a.csv") == "text/csv")
    }

    @Test func hypertextDisguisedAsAPictureStaysHypertext() {
        #expect(stored("text/html", "image/png", "a.png") == "text/html")
        #expect(stored("text/html", "text/plain", "a.txt") == "text/html")
        #expect(!fits("image/png", "text/html"))
    }

    @Test func pictureIsNeverServedAsAnotherThing() {
        #expect(stored("image/png", "text/html", "a.html") == "image/png")
        #expect(stored("image/png", "image/jpeg", "a.jpg") == "image/png")
        #expect(stored("application/pdf", "text/html", "a.html") == "application/pdf")
    }

    @Test(arguments: [
        "text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript", "application/javascript",
        "application/ecmascript", "text/x-javascript", "text/xml", "application/xml", "text/xsl", "application/rss+xml",
        "application/x-shockwave-flash", "multipart/x-mixed-replace", "multipart/related",
    ])
    func whatABrowserCouldRunIsNeverBelievedOfUnknownBytes(_ type: String) {
        for sniffed in ["application/octet-stream", "text/plain", "application/zip", "application/json", "text/csv"] {
            #expect(!fits(type, sniffed), "\(type) over \(sniffed)")
            #expect(stored(sniffed, type, "a.bin") == sniffed)
        }
    }

    @Test func unknownBytesMayCarryAnyOtherType() {
        #expect(stored("application/octet-stream", "application/x-blender", "a.blend") == "application/x-blender")
        #expect(stored("application/octet-stream", nil, "a.docx") == Self.docx)
        #expect(stored("application/octet-stream", nil, "a.svg") == "application/octet-stream")
    }

    @Test func vectorPictureIsKnownByItsXML() {
        #expect(stored("application/xml", nil, "a.svg") == "image/svg+xml")
        #expect(stored("text/xml", "image/svg+xml", "a") == "image/svg+xml")
        #expect(stored("text/plain", "image/svg+xml", "a.svg") == "text/plain")
    }

    @Test func twoNamesOfOneTypeAreOne() {
        #expect(fits("image/jpg", "image/jpeg") && fits("image/jpeg", "image/jpg"))
        #expect(fits("application/x-zip-compressed", "application/zip"))
        #expect(fits("text/xml", "application/xml"))
    }

    @Test func everyTypeFitsItself() {
        for type in ["text/html", "image/png", "application/octet-stream", "x/y"] { #expect(fits(type, type)) }
    }
}
