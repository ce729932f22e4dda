import Archive
import Base
import Contract
import Crypto
import Domain
import Glibc
import Testing

@testable import Backup

@Suite struct InspectionTests {
    private struct Quiet: BackupProgress {
        func begin(_ part: String, bytes: Int64?) {}
        func advance(_ bytes: Int64) {}
        func end() {}
    }

    private let folder = TemporaryFolder()
    private let path: String
    private let manifest: BackupManifest

    init() throws {
        path = folder.path + "/a.tar"
        let id = TenantID.random()
        let time = Timestamp(seconds: 1_800_000_000)
        let tenant = Tenant(
            id: id, name: TenantName(stored: "Acme \"1\" ä"), database: TenantDatabase(tenantID: id, name: "tenant_x"),
            state: .ready, suspendedBy: nil, createdAt: time, updatedAt: time, createdBy: .random())
        manifest = BackupManifest(
            tenant: tenant, creator: "ada@example.com", members: [], schemaVersion: 30, files: [], exportedAt: time)
    }

    /// Writes an archive of these entries; the checksums are those of `sums`, or of the entries.
    private func write(_ entries: [(String, [UInt8])], sums: [(String, [UInt8])]? = nil) throws {
        var checksums = Checksums()
        for (path, bytes) in sums ?? entries { checksums.add(path, Hex.encode(Digest.sha256(bytes))) }
        let writer = try ArchiveWriter(creating: path)
        try writer.entry(Checksums.path, Array(checksums.text.utf8), time: 0)
        for (path, bytes) in entries { try writer.entry(path, bytes, time: 0) }
        try writer.finish()
    }

    private var sound: [(String, [UInt8])] { [("manifest.json", manifest.jsonBytes), ("database.dump", [1, 2, 3])] }

    /// What is said of the archive; nil when it is whole.
    private func damage() -> String? {
        do {
            _ = try ArchiveInspection(of: path, progress: Quiet())
            return nil
        } catch {
            guard case .damaged(let sentence) = error else { return "failed" }
            return sentence
        }
    }

    @Test func wholeArchiveGivesItsManifestBack() throws {
        try write(sound)
        #expect(try ArchiveInspection(of: path, progress: Quiet()).manifest == manifest)
    }

    @Test func changedEntryIsNamed() throws {
        var entries = sound
        entries[1].1 = [1, 2, 4]
        try write(entries, sums: sound)
        #expect(damage() == "database.dump in the archive is damaged")
    }

    @Test func missingEntryIsNamed() throws {
        try write(Array(sound.prefix(1)), sums: sound)
        #expect(damage() == "the archive ends early: database.dump is missing")
    }

    @Test func entryWithoutChecksumIsRefused() throws {
        try write(sound + [("objects/x", [1])], sums: sound)
        #expect(damage() == "the archive holds objects/x, which its checksums do not name")
    }

    @Test func objectsMustBeThoseOfTheManifest() throws {
        try write(sound + [("objects/x", [1])])
        #expect(damage() == "the archive's objects are not those of its manifest")
    }

    @Test func entryThatComesTwiceIsRefused() throws {
        try write(sound + [sound[1]], sums: sound)
        #expect(damage() == "database.dump comes twice in the archive")
    }

    @Test func otherTarFileIsNoArchive() throws {
        let writer = try ArchiveWriter(creating: path)
        try writer.entry("README", [1], time: 0)
        try writer.finish()
        #expect(damage() == "this is no archive of a tenant")
    }

    @Test func checksumsAreOfTheFormOfSha256sum() throws {
        let sum = String(repeating: "a", count: 64)
        #expect(try Checksums(parsing: "\(sum)  a b\n").sums == ["a b": sum])
        for text in ["\(sum) a", "\(sum)  ", "short  a", "\(sum)  a\n\(sum)  a", sum.dropLast() + "x  a"] {
            #expect(throws: BackupError.self) { try Checksums(parsing: String(text)) }
        }
    }

    @Test func laterFormatIsNotGuessedAt() {
        let text = String(decoding: manifest.jsonBytes, as: UTF8.self).replacing("\"format\":1", with: "\"format\":2")
        #expect(throws: BackupError.self) { try BackupManifest(parsing: Array(text.utf8)) }
    }
}
