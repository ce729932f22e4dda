import Glibc
import Testing

/// The sidecar's own program between a web server and an application that are played by the test.
@Suite(.serialized) struct SidecarTests {
    private let stage: Stage
    private let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    init() throws { stage = try Stage() }

    /// Begins an upload and sends so much of it that the spool holds some.
    private func halfAnUpload(_ body: [UInt8]) throws -> WebServer {
        let upload = try stage.beginUpload(bodyBytes: body.count)
        upload.send(body[..<600_000])
        try #require(eventually { !stage.files(in: "spool").isEmpty })
        return upload
    }

    @Test func aFileComesThroughToTheStore() throws {
        try stage.serveApplication()
        let sidecar = try stage.startSidecar()
        let body = Stage.form(content)
        let upload = try stage.beginUpload(bodyBytes: body.count)
        upload.send(body)
        let answer = upload.finish()
        #expect(answer.hasPrefix("Status: 201 "))
        #expect(answer.contains("\r\nX-Upload-Id: "))
        #expect(answer.hasSuffix("{\"settled\":201}"))
        #expect(stage.contents(of: "objects/tenants/t/f") == content)
        #expect(stage.files(in: "spool") == [])
        withExtendedLifetime(sidecar) {}
    }

    @Test func aCommitIsTriedAgainAtAnotherWorker() throws {
        // Of a worker that was killed, only the socket's file is left.
        #expect(mknod(stage.folder + "/internal/a.sock", S_IFREG | 0o660, 0) == 0)
        try stage.serveApplication(commits: [500, 201])
        let sidecar = try stage.startSidecar()
        let body = Stage.form(Array("small".utf8))
        let upload = try stage.beginUpload(bodyBytes: body.count)
        upload.send(body)
        #expect(upload.finish().hasPrefix("Status: 201 "))
        #expect(stage.called.map { $0.split(separator: "/").last } == ["resolve", "commit", "commit"])
        withExtendedLifetime(sidecar) {}
    }

    @Test func aKilledSidecarLeavesNothingAfterItsNextStart() throws {
        try stage.serveApplication()
        let first = try stage.startSidecar()
        let upload = try halfAnUpload(Stage.form(content))
        first.send(SIGKILL)
        #expect(first.end() == SIGKILL)
        #expect(stage.files(in: "spool").count == 1)
        #expect(upload.finish() == "")
        let second = try stage.startSidecar()
        #expect(stage.files(in: "spool") == [])
        #expect(stage.files(in: "objects") == [])
        // The dead one's upload is given up in its name.
        #expect(eventually { stage.called == ["/internal/uploads/abandon"] })
        withExtendedLifetime(second) {}
    }

    @Test func aSidecarWithAKeeperServesUntilTheNextHasItsSocket() throws {
        try stage.serveApplication()
        let ends = try SidecarProcess.pipe()
        let old = try stage.startSidecar(keeper: ends[1])
        close(ends[1])
        let body = Stage.form(content)
        let upload = try halfAnUpload(body)
        old.send(SIGTERM)
        // It lets go of its end, and takes uploads all the same.
        var byte: UInt8 = 0
        #expect(read(ends[0], &byte, 1) == 0)
        close(ends[0])
        let small = Stage.form(Array("small".utf8))
        var next: SidecarProcess?
        for number in 0..<10 {
            if number == 5 { next = try stage.startSidecar(removingSocket: false) }
            let other = try stage.beginUpload(bodyBytes: small.count)
            other.send(small)
            #expect(other.finish().hasPrefix("Status: 201 "))
        }
        upload.send(body[600_000...])
        #expect(upload.finish().hasPrefix("Status: 201 "))
        #expect(old.end() == 0)
        #expect(access(stage.folder + "/upload.sock", F_OK) == 0)
        withExtendedLifetime(next) {}
    }

    @Test func aSidecarWithAKeeperEndsAtOnceWhenInterrupted() throws {
        let ends = try SidecarProcess.pipe()
        defer { for end in ends { close(end) } }
        let sidecar = try stage.startSidecar(keeper: ends[1])
        sidecar.send(SIGINT)
        #expect(sidecar.end() == 0)
        #expect(access(stage.folder + "/upload.sock", F_OK) != 0)
    }

    @Test func aRunningUploadFinishesBeforeTheProcessStops() throws {
        try stage.serveApplication()
        let sidecar = try stage.startSidecar()
        let body = Stage.form(content)
        let upload = try halfAnUpload(body)
        sidecar.send(SIGTERM)
        #expect(eventually { access(stage.folder + "/upload.sock", F_OK) != 0 })
        upload.send(body[600_000...])
        #expect(upload.finish().hasPrefix("Status: 201 "))
        #expect(sidecar.end() == 0)
        #expect(stage.contents(of: "objects/tenants/t/f") == content)
    }

    @Test func theNextProcessTakesOverWhileTheOldOneFinishes() throws {
        try stage.serveApplication()
        let old = try stage.startSidecar()
        let body = Stage.form(content)
        let upload = try halfAnUpload(body)
        let next = try stage.startSidecar()
        old.send(SIGTERM)
        let small = Stage.form(Array("small".utf8))
        for _ in 0..<5 {
            let other = try stage.beginUpload(bodyBytes: small.count)
            other.send(small)
            #expect(other.finish().hasPrefix("Status: 201 "))
        }
        upload.send(body[600_000...])
        #expect(upload.finish().hasPrefix("Status: 201 "))
        #expect(old.end() == 0)
        #expect(access(stage.folder + "/upload.sock", F_OK) == 0)
        withExtendedLifetime(next) {}
    }

    @Test func anUploadBeyondTheCapIsRefusedAtOnce() throws {
        try stage.serveApplication()
        let sidecar = try stage.startSidecar()
        let body = Stage.form(content)
        let held = try (0..<4).map { _ in try stage.beginUpload(bodyBytes: body.count) }
        for upload in held { upload.send(body[..<600_000]) }
        try #require(eventually { stage.files(in: "spool").count == 4 })
        let fifth = try stage.beginUpload(bodyBytes: body.count)
        let answer = fifth.finish()
        #expect(answer.hasPrefix("Status: 429 "))
        #expect(answer.contains("TOO_MANY_UPLOADS"))
        #expect(answer.contains("\r\nRetry-After: "))
        for upload in held {
            upload.send(body[600_000...])
            #expect(upload.finish().hasPrefix("Status: 201 "))
        }
        withExtendedLifetime(sidecar) {}
    }

    @Test func aBodyThatBreaksOffLeavesNothing() throws {
        try stage.serveApplication()
        let sidecar = try stage.startSidecar()
        var upload: WebServer? = try halfAnUpload(Stage.form(content))
        withExtendedLifetime(upload) {}
        upload = nil
        #expect(eventually { stage.files(in: "spool").isEmpty })
        #expect(stage.called == [])
        #expect(stage.files(in: "objects") == [])
        withExtendedLifetime(sidecar) {}
    }
}
