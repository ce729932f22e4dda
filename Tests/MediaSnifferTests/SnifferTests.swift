import MediaSniffer
import Testing

@Suite struct SnifferTests {
    private let sniffer: Sniffer

    init() throws { sniffer = try Sniffer() }

    private func type(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { sniffer.mediaType(of: $0) } }
    private func type(_ text: String) -> String { type(Array(text.utf8)) }

    @Test func documentsAreKnown() {
        #expect(type("%PDF-1.7\n%\u{e2}\n1 0 obj\n<< /Type /Catalog >>\nendobj\n") == "application/pdf")
        #expect(type(Sample.docx) == "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        #expect(type(Sample.zip) == "application/zip")
    }

    @Test func imagesAreKnown() {
        #expect(type(Sample.png) == "image/png")
        #expect(type(Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0]) == "image/gif")
    }

    @Test func textsAreKnown() {
        #expect(type("Plain words, nothing else.\n") == "text/plain")
        #expect(type("{\"name\": [1, 2, 3], \"more\": null}\n") == "application/json")
        #expect(type("<!DOCTYPE html><html><head><title>x</title></head><body></body></html>") == "text/html")
    }

    @Test func nothingAndNoiseHaveTheirAnswers() {
        #expect(type([UInt8]()) == "application/x-empty")
        #expect(type([0x00, 0x9C, 0x81, 0xFE, 0x03, 0x8F, 0x80, 0x00, 0xF1]) == Sniffer.unknown)
    }

    @Test func onlyThePrefixCounts() {
        let long = Array("%PDF-1.4\n".utf8) + [UInt8](repeating: 0x20, count: 5 << 20)
        #expect(type(long) == "application/pdf")
    }

    @Test func manyThreadsGetTheirOwnAnswers() async {
        await withTaskGroup(of: Bool.self) { group in
            for round in 0..<64 {
                group.addTask {
                    round.isMultiple(of: 2) ? type(Sample.png) == "image/png" : type("words\n") == "text/plain"
                }
            }
            for await right in group { #expect(right) }
        }
    }
}
