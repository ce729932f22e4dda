import Contract
import Domain
import TestSupport
import Testing

@testable import Inspection

/// By the real tools.
@Suite struct MetadataInspectorTests {
    private let fixture = InspectionFixture()
    private let folder = InspectionFixture.folder()
    private var inspector: MetadataInspector {
        MetadataInspector(objects: fixture.objects, directory: folder, log: fixture.log)
    }

    @Test func toolsAreThere() { #expect(inspector.missingTools.isEmpty) }

    @Test func pagesOfAPDFAreCounted() throws {
        let file = try fixture.file(InspectionFixture.pdf(pages: 12), "application/pdf")
        let found = try fixture.look(inspector, at: file)
        #expect(found == FileInspection(inspectedAt: file.createdAt, pageCount: 12))
        #expect(InspectionFixture.names(in: folder).isEmpty, "nothing is left behind")
    }

    @Test func imageIsMeasured() throws {
        let file = try fixture.file(InspectionFixture.gif(width: 7, height: 5), "image/gif")
        let found = try fixture.look(inspector, at: file)
        #expect(found == FileInspection(inspectedAt: file.createdAt, imageWidth: 7, imageHeight: 5))
    }

    @Test(arguments: ["application/pdf", "image/png", "image/jpeg"])
    func contentThatMakesNoSenseIsNoFailure(_ type: String) throws {
        for bytes in [Array("%PDF-1.4\n".utf8), [UInt8](repeating: 0x89, count: 5000), [0]] {
            let file = try fixture.file(bytes, type)
            #expect(try fixture.look(inspector, at: file) == FileInspection(inspectedAt: file.createdAt))
        }
    }

    /// A million nested arrays make parsers recurse.
    @Test func hostileDocumentHarmsNobody() throws {
        let nested = Array("%PDF-1.4\n1 0 obj".utf8) + [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let file = try fixture.file(nested, "application/pdf")
        #expect(try fixture.look(inspector, at: file).pageCount == nil)
    }

    @Test func lackOfRoomIsNoFailure() throws {
        let file = try fixture.file(InspectionFixture.pdf(pages: 1), "application/pdf")
        let nowhere = MetadataInspector(objects: fixture.objects, directory: "/nonexistent", log: fixture.log)
        #expect(try fixture.look(nowhere, at: file).pageCount == nil)
    }

    @Test func storeThatIsAwayIsTold() throws {
        let file = try fixture.file(InspectionFixture.pdf(pages: 1), "application/pdf")
        fixture.objects.setAway(true)
        #expect(throws: ErrorAnswer(.storageUnavailable)) { try fixture.look(inspector, at: file) }
    }

    @Test func onlyWhatTheToolsKnowIsWanted() throws {
        #expect(inspector.isWanted(for: try fixture.file([1], "image/webp")))
        #expect(!inspector.isWanted(for: try fixture.file([1], "text/plain")))
        #expect(!inspector.isWanted(for: try fixture.file([1], "image/svg+xml")))
        var seen = try fixture.file([1], "application/pdf")
        seen.inspection = FileInspection(inspectedAt: seen.createdAt, scan: .clean)
        #expect(!inspector.isWanted(for: seen))
    }

    @Test(arguments: [
        ("PNG image data, 640 x 480, 8-bit/color RGB, non-interlaced", Int64(640), Int64(480)),
        ("GIF image data, version 89a, 7 x 5", 7, 5),
        (
            #"JPEG image data, JFIF standard 1.01, density 1x1, comment: "a, precision 8, 9x9, b", baseline, precision 8, 640x480, components 3"#,
            640, 480
        ),
        ("RIFF (little-endian) data, Web/P image, VP8 encoding, 550x368, Scaling: [none]x[none]", 550, 368),
    ])
    func sizesAreUnderstood(_ text: String, _ width: Int64, _ height: Int64) {
        let size = ImageSize(fileOutput: text)
        #expect(size?.width == width && size?.height == height)
    }

    @Test(arguments: [
        "PNG image data, 0 x 4, 8-bit", "JPEG image data, density 1x1", "data, 3 x 4", "",
        "PNG image data, 99999999999 x 1",
    ])
    func whatIsNoSizeIsNone(_ text: String) { #expect(ImageSize(fileOutput: text) == nil) }

    @Test func titleThatLooksLikeACountIsNotTaken() {
        #expect(PageCount.read(pdfinfoOutput: "Title: x\nPages: 99\nPages:           3\nPDF version: 1.4\n") == 3)
        #expect(PageCount.read(pdfinfoOutput: "Title: Pages: 3\n") == nil)
        #expect(PageCount.read(pdfinfoOutput: "Pages: many\n") == nil)
    }
}
