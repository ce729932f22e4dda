import Base
import Contract
import Crypto
import Glibc
import Testing

@testable import UploadCore

/// What a process leaves of its folder in the spool when it ends, and what the living make of it.
@Suite struct SpoolHeirTests {
    private let folder = TemporaryFolder()
    private let key: SigningKey
    private let handOff = ScriptedHandOff()

    init() throws { key = try SigningKey() }

    private func grant() -> String {
        UploadGrant(
            uploadID: .random(), tenantID: .random(), userID: .random(), requestID: "request", tokenID: "t",
            tokenFamily: "f", maxBytes: 1, expires: Timestamp(seconds: 1)
        ).signed(with: key)
    }

    /// A folder as a killed process leaves it: a body, and a journal with this grant.
    private func leaveBehind(_ grant: String) throws {
        try folder.makeDirectory("process-1-dead")
        try folder.write("half a body", to: "process-1-dead/1")
        try folder.write(grant + "\n", to: "process-1-dead/journal")
    }

    private func looseEnds(of spool: SpoolDirectory) -> LooseEnds {
        LooseEnds(spool: spool, handOff: handOff, grantKey: key.verifyingKey)
    }

    private func name(of spool: SpoolDirectory) -> String? { spool.path.split(separator: "/").last.map(String.init) }

    @Test func theLivingTakeOverFromThoseThatDieMeanwhile() throws {
        let spool = try SpoolDirectory(path: folder.path)
        let ends = looseEnds(of: spool)
        #expect(ends.takeOver() == 0)
        let grant = grant()
        try leaveBehind(grant)
        #expect(ends.takeOver() == 1)
        #expect(folder.entries == [name(of: spool)])
        #expect(folder.files == [])
        #expect(try folder.read(spool.path + "/journal") == grant + "\n", "this one may die, too")
        #expect(ends.takeOver() == 0)
        ends.settle()
        #expect(ends.count == 0 && handOff.requestIDs == ["request"])
    }

    @Test func theLivingLeaveEachOtherAlone() throws {
        let first = try SpoolDirectory(path: folder.path)
        let second = try SpoolDirectory(path: folder.path)
        let entry = try #require(first.journal.note(grant()))
        #expect(looseEnds(of: second).takeOver() == 0)
        #expect(folder.entries.count == 2)
        first.journal.forget(entry)
    }

    @Test func whoMeetsAnotherAtItLooksLaterAndDoesNotWait() throws {
        let spool = try SpoolDirectory(path: folder.path)
        let ends = looseEnds(of: spool)
        try leaveBehind(grant())
        let gate = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(flock(gate, LOCK_EX | LOCK_NB) == 0)
        #expect(ends.takeOver() == 0)
        #expect(folder.entries.count == 2)
        close(gate)
        #expect(ends.takeOver() == 1)
        #expect(folder.entries == [name(of: spool)])
    }

    @Test func whoHasNothingOpenLeavesNothing() throws {
        let spool = try SpoolDirectory(path: folder.path, restingBytes: 100)
        let entry = try #require(spool.journal.note(grant()))
        var body: Spool? = Spool(directory: spool, memoryLimit: 0)
        try Array("body".utf8).withUnsafeBytes { try #require(body).append($0) }
        body = nil
        #expect(folder.files.count == 1, "at rest")
        spool.journal.forget(entry)
        spool.leave()
        #expect(folder.entries == [])
        withExtendedLifetime(spool) {}
    }

    @Test func whatIsOpenStaysForTheHeir() throws {
        var spool: SpoolDirectory? = try SpoolDirectory(path: folder.path, restingBytes: 100)
        let grant = grant()
        #expect(spool?.journal.note(grant) != nil)
        var body: Spool? = Spool(directory: try #require(spool), memoryLimit: 0)
        try Array("body".utf8).withUnsafeBytes { try #require(body).append($0) }
        body = nil
        spool?.leave()
        #expect(folder.files == [], "what is at rest goes")
        #expect(try folder.read(#require(spool).path + "/journal") == grant + "\n")
        spool = nil
        let heir = try SpoolDirectory(path: folder.path)
        #expect(folder.entries == [name(of: heir)])
        #expect(looseEnds(of: heir).count == 1)
    }
}
