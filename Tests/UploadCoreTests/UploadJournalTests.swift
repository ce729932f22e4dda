import Base
import Contract
import Crypto
import Testing
import UploadCore

/// What a process notes of its uploads, and what the next one makes of it.
@Suite struct UploadJournalTests {
    private let folder = TemporaryFolder()
    private let key: SigningKey

    init() throws { key = try SigningKey() }

    private func grant(_ requestID: String, key: SigningKey? = nil) -> String {
        UploadGrant(
            uploadID: .random(), tenantID: .random(), userID: .random(), requestID: requestID, tokenID: "t",
            tokenFamily: "f", maxBytes: 1, expires: Timestamp(seconds: 1)
        ).signed(with: key ?? self.key)
    }

    /// A folder as a killed process leaves it: its journal is there, nobody holds its lock.
    private func leaveBehind(_ journal: String) throws {
        let name = "process-1-dead"
        try folder.makeDirectory(name)
        try folder.write(journal, to: "\(name)/journal")
    }

    private func looseEnds(_ handOff: ScriptedHandOff) throws -> LooseEnds {
        LooseEnds(spool: try SpoolDirectory(path: folder.path), handOff: handOff, grantKey: key.verifyingKey)
    }

    @Test func uploadsOfADeadProcessAreGivenUp() throws {
        let slots = [grant("a") + "\n", "\n", grant("b") + "\n"]
        try leaveBehind(slots.map { $0.padding(to: 4096) }.joined())
        let handOff = ScriptedHandOff(abandon: [.unclear("x"), .abandoned])
        let ends = try looseEnds(handOff)
        #expect(ends.count == 2)
        ends.settle()
        #expect(ends.count == 1, "one stays unclear")
        ends.settle()
        #expect(ends.count == 0)
        #expect(handOff.requestIDs == ["a", "b", "a"])
        #expect(try looseEnds(ScriptedHandOff()).count == 0, "the folder is gone")
    }

    @Test func whatADyingProcessWroteByHalfIsPassedOver() throws {
        try leaveBehind(grant("a"))
        #expect(try looseEnds(ScriptedHandOff()).count == 0)
    }

    @Test func aGrantThatNobodySignedIsForgotten() throws {
        try leaveBehind(grant("a", key: try SigningKey()) + "\n")
        let handOff = ScriptedHandOff()
        let ends = try looseEnds(handOff)
        ends.settle()
        #expect(ends.count == 0 && handOff.abandons == 0)
    }

    @Test func whatIsInheritedIsInheritedAgain() throws {
        try leaveBehind(grant("a") + "\n")
        // This one dies too before the application hears of it.
        _ = try SpoolDirectory(path: folder.path)
        #expect(folder.entries.count == 1 && !folder.entries.contains("process-1-dead"))
        #expect(try looseEnds(ScriptedHandOff()).count == 1)
    }

    @Test func anUploadThatEndsLeavesNothing() throws {
        let fixture = try UploadFixture()
        #expect(fixture.upload(form(part("file", "content"))).status == 201)
        #expect(fixture.upload(form(part("file", ""))).status == 422)
        let journal = try fixture.folder.read(fixture.spool.path + "/journal")
        #expect(journal.hasPrefix("\n"))
        #expect(journal.utf8.count < 4096, "a place is used again")
    }
}

extension String {
    fileprivate func padding(to length: Int) -> String { self + String(repeating: " ", count: length - utf8.count) }
}
