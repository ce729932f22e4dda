import Contract
import Domain
import TestSupport
import Testing

@testable import Inspection

/// On a real clamd.
@Suite struct ClamdInspectorTests {
    private let fixture = InspectionFixture()
    private var inspector: ClamdInspector {
        ClamdInspector(objects: fixture.objects, address: ClamdProcess.shared.address)
    }

    @Test func cleanContentIsClean() throws {
        let file = try fixture.file(Array(repeating: 7, count: 300_000), "application/octet-stream")
        let found = try fixture.look(inspector, at: file)
        #expect(found.scan == .clean && found.threat == nil)
    }

    @Test func infectedContentIsToldByName() throws {
        let found = try fixture.look(inspector, at: try fixture.file(ClamdProcess.eicar, "text/plain"))
        #expect(found.scan == .infected)
        #expect(found.threat?.hasPrefix("Eicar-Test") == true)
    }

    @Test func contentThatIsTooLargeForTheScannerIsNoFailure() throws {
        let file = try fixture.file(Array(repeating: 7, count: ClamdProcess.most + 5000), "application/octet-stream")
        #expect(try fixture.look(inspector, at: file).scan == .tooLarge)
    }

    @Test func scannerThatIsAwayIsNotTheFilesFault() throws {
        let away = ClamdInspector(objects: fixture.objects, address: .unix("/nonexistent/clamd.sock"))
        let file = try fixture.file([1], "text/plain")
        #expect(throws: ErrorAnswer(.serviceUnavailable, cause: "the virus scanner cannot be reached")) {
            try fixture.look(away, at: file)
        }
    }

    @Test func objectThatIsGoneIsNoVerdict() throws {
        let file = try fixture.file([1], "text/plain")
        try fixture.objects.remove(key: file.key)
        #expect(try fixture.look(inspector, at: file).scan == nil)
    }

    @Test func laterScanTakesAVerdictBack() throws {
        let file = try fixture.file([1], "text/plain")
        var found = FileInspection(inspectedAt: file.createdAt, scan: .infected, threat: "a mistake")
        try inspector.inspect(file, of: fixture.tenant, into: &found, deadline: .now + .seconds(60))
        #expect(found.scan == .clean && found.threat == nil)
    }

    @Test func onlyUnscannedFilesAreWanted() throws {
        var file = try fixture.file([1], "text/plain")
        #expect(inspector.isWanted(for: file))
        file.inspection = FileInspection(inspectedAt: file.createdAt, pageCount: 1)
        #expect(inspector.isWanted(for: file))
        file.inspection?.scan = .clean
        #expect(!inspector.isWanted(for: file))
    }

    @Test(arguments: [
        ("stream: OK\0", ClamdScan.Answer.clean), ("stream: Win.Test FOUND\0", .infected(threat: "Win.Test")),
        ("INSTREAM size limit exceeded. ERROR\0", .tooLarge), ("stream: no memory ERROR\0", .failed("no memory ERROR")),
        ("stream: OK", .none), ("", .none), ("UNKNOWN COMMAND\0", .failed("UNKNOWN COMMAND")),
    ])
    func answersAreUnderstood(_ text: String, _ answer: ClamdScan.Answer) {
        #expect(ClamdScan.answer(Array(text.utf8)) == answer)
    }

    @Test(arguments: [
        ("unix:/run/clamd.ctl", ClamdAddress.unix("/run/clamd.ctl")), ("/run/clamd.ctl", .unix("/run/clamd.ctl")),
        ("scanner:3310", .host("scanner", port: 3310)), ("[::1]:3310", .host("::1", port: 3310)),
        ("scanner", nil), ("scanner:0", nil), (":3310", nil), ("unix:clamd.ctl", nil),
    ])
    func addressesAreUnderstood(_ text: String, _ address: ClamdAddress?) {
        #expect(ClamdAddress(text) == address)
    }
}
