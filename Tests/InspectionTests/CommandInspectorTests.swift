import Base
import Contract
import Domain
import TestSupport
import Testing

@testable import Inspection

/// With real commands.
@Suite struct CommandInspectorTests {
    private let fixture = InspectionFixture()
    private let folder = InspectionFixture.folder()
    /// Where the steps work.
    private let scratch = InspectionFixture.folder()

    private func inspector(_ words: [String]) -> CommandInspector {
        CommandInspector(
            name: "test", command: words, objects: fixture.objects, directory: scratch, log: fixture.log)
    }

    private func text(_ path: String) -> String? { TextFile.read("\(folder)/\(path)") }

    @Test func commandGetsTheObjectAndWhatItIs() throws {
        let script = try InspectionFixture.script(
            #"cat >"$1/$FILE_ID"; echo "$TENANT_ID $OBJECT_KEY $MEDIA_TYPE" >"$1/facts"; touch left; ls >"$1/here""#,
            in: folder)
        let file = try fixture.file(InspectionFixture.pdf(pages: 3), "application/pdf")
        _ = try fixture.look(inspector([script, folder]), at: file)
        #expect(text(file.id.description)?.hasPrefix("%PDF-1.4") == true)
        #expect(text("facts") == "\(fixture.tenant) \(file.key) application/pdf\n")
        #expect(text("here") == "left\n", "it works in an empty directory")
        #expect(InspectionFixture.names(in: scratch).isEmpty, "which is removed after it")
    }

    @Test func thumbnailIsMadeByARealTool() throws {
        let script = try InspectionFixture.script(
            #"exec pdftoppm -png -singlefile -scale-to 64 - "$1/$FILE_ID""#, in: folder)
        let file = try fixture.file(InspectionFixture.pdf(pages: 1), "application/pdf")
        _ = try fixture.look(inspector([script, folder]), at: file)
        #expect(InspectionFixture.names(in: folder).contains("\(file.id).png"))
    }

    @Test func failureIsFinalUnlessItAsksForAnotherTry() throws {
        let file = try fixture.file(InspectionFixture.gif(width: 1, height: 1), "image/gif")
        _ = try fixture.look(inspector(["/bin/false"]), at: file)
        _ = try fixture.look(inspector(["/nonexistent"]), at: file)
        let script = try InspectionFixture.script("echo later; exit 75", in: folder)
        #expect(throws: ErrorAnswer(.internalError, cause: "the test command wants another try: later\n")) {
            try fixture.look(inspector([script]), at: file)
        }
    }

    @Test func imagesAndPDFsAreWantedOnce() throws {
        let any = inspector(["/bin/true"])
        #expect(any.isWanted(for: try fixture.file([1], "image/tiff")))
        #expect(!any.isWanted(for: try fixture.file([1], "text/plain")))
        var seen = try fixture.file([1], "image/png")
        seen.inspection = FileInspection(inspectedAt: seen.createdAt)
        #expect(!any.isWanted(for: seen))
    }

    @Test(arguments: [
        ([:], ["MetadataInspector"]), (["INSPECTION_METADATA": "false"], []),
        (
            [
                "INSPECTION_CLAMD": "localhost:3310", "INSPECTION_OCR_COMMAND": "/bin/cat -",
                "INSPECTION_THUMBNAIL_COMMAND": "/bin/true",
            ], ["ClamdInspector", "MetadataInspector", "CommandInspector", "CommandInspector"]
        ),
    ])
    func settingsSayWhatIsOn(_ values: [String: String], _ kinds: [String]) {
        var environment = Environment(values)
        let inspectors = InspectionSettings(&environment).inspectors(objects: fixture.objects, log: fixture.log)
        #expect(inspectors.map { "\(type(of: $0))" } == kinds)
        #expect(environment.problems.isEmpty)
    }

    @Test(arguments: [
        ["INSPECTION_CLAMD": "here"], ["INSPECTION_OCR_COMMAND": "cat"],
        ["INSPECTION_THUMBNAIL_COMMAND": "/nonexistent/tool -x"],
    ])
    func settingsThatCannotBeAreTold(_ values: [String: String]) {
        var environment = Environment(values)
        _ = InspectionSettings(&environment)
        #expect(environment.problems.count == 1)
    }
}
