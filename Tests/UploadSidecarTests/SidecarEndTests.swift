import Glibc
import Testing

/// What a sidecar leaves behind, however it ends, and who cleans up after it.
@Suite(.serialized) struct SidecarEndTests {
    private static let abandon = "/internal/uploads/abandon"
    /// As waitpid(2) shows exit status 1.
    private static let cutUploads: Int32 = 1 << 8

    private let stage: Stage
    private let body = Stage.form((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) })

    init() throws {
        stage = try Stage()
        try stage.serveApplication()
    }

    /// Begins an upload that stalls with some of it in the spool.
    private func stalledUpload() throws -> WebServer {
        let upload = try stage.beginUpload(bodyBytes: body.count)
        upload.send(body[..<600_000])
        try #require(eventually { !stage.files(in: "spool").isEmpty })
        return upload
    }

    /// Waits until the spool has the living one's folder only, without a body, and the one upload is given up.
    private func expectNothingLeft() {
        #expect(eventually { stage.files(in: "spool").isEmpty && stage.entries(of: "spool").count == 1 })
        #expect(eventually { stage.called == [Self.abandon] })
        #expect(stage.files(in: "objects") == [])
    }

    @Test func aSidecarThatIsKilledInAHandoverIsCleanedUpAfterByTheNext() throws {
        let old = try stage.startSidecar()
        let upload = try stalledUpload()
        let next = try stage.startSidecar()
        #expect(stage.entries(of: "spool").count == 2)
        old.send(SIGTERM)
        old.send(SIGKILL)
        #expect(old.end() == SIGKILL)
        expectNothingLeft()
        withExtendedLifetime((upload, next)) {}
    }

    @Test func aSidecarWhoseDrainTimeIsOverInAHandoverIsCleanedUpAfterByTheNext() throws {
        let old = try stage.startSidecar(drainSeconds: 1)
        let upload = try stalledUpload()
        let next = try stage.startSidecar()
        old.send(SIGTERM)
        #expect(old.end() == Self.cutUploads)
        expectNothingLeft()
        withExtendedLifetime((upload, next)) {}
    }

    @Test func aStalledUploadIsCutWhenTheDrainTimeIsOver() throws {
        let sidecar = try stage.startSidecar(drainSeconds: 1)
        let upload = try stalledUpload()
        sidecar.send(SIGTERM)
        #expect(sidecar.end() == Self.cutUploads)
        #expect(upload.finish() == "")
        #expect(stage.called == [])
        let heir = try stage.startSidecar()
        expectNothingLeft()
        withExtendedLifetime(heir) {}
    }

    @Test func aSidecarThatEndsWithNothingOpenTakesItsFolderAlong() throws {
        let sidecar = try stage.startSidecar()
        let upload = try stage.beginUpload(bodyBytes: body.count)
        upload.send(body)
        #expect(upload.finish().hasPrefix("Status: 201 "))
        #expect(stage.entries(of: "spool").count == 1)
        sidecar.send(SIGTERM)
        #expect(sidecar.end() == 0)
        #expect(stage.entries(of: "spool") == [])
    }
}
