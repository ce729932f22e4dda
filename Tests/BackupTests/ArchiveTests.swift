import Archive
import Glibc
import Testing

@Suite struct ArchiveTests {
    private let folder = TemporaryFolder()

    private func path(_ name: String = "a.tar") -> String { "\(folder.path)/\(name)" }

    private func contents(of path: String) throws -> [(ArchiveReader.Entry, [UInt8])] {
        let reader = try ArchiveReader(path)
        var found: [(ArchiveReader.Entry, [UInt8])] = []
        while let entry = try reader.next() {
            var bytes: [UInt8] = []
            try reader.read { chunk in
                bytes += chunk
                return true
            }
            found.append((entry, bytes))
        }
        return found
    }

    @Test func whatIsWrittenIsRead() throws {
        let long = "objects/" + String(repeating: "d/", count: 60) + String(repeating: "x", count: 120)
        let large = [UInt8](repeating: 7, count: 3_000_001)
        let writer = try ArchiveWriter(creating: path())
        try writer.entry("empty", [], time: 0)
        try writer.entry(long, large, time: 1_800_000_000)
        try writer.finish()
        let found = try contents(of: path())
        #expect(found.map(\.0.path) == ["empty", long] && found.map(\.0.size) == [0, 3_000_001])
        #expect(found.last?.1 == large)
    }

    @Test func entryMustBeAsLongAsItWasSaid() throws {
        for size in [Int64(2), 4] {
            let writer = try ArchiveWriter(creating: path("\(size).tar"))
            #expect(throws: ArchiveError.self) {
                try writer.entry(
                    "x", size: size, time: 0,
                    { write throws(ArchiveError) in _ = [1, 2, 3].withUnsafeBytes { write($0) } }, failing: { $0 })
            }
        }
    }

    @Test func fileThatIsThereIsNotTouched() throws {
        try ArchiveWriter(creating: path()).finish()
        #expect(throws: ArchiveError.self) { try ArchiveWriter(creating: path()) }
        #expect(throws: ArchiveError.self) { try ArchiveReader(path("missing")) }
    }

    @Test func truncatedArchiveIsAnError() throws {
        let writer = try ArchiveWriter(creating: path())
        try writer.entry("x", [UInt8](repeating: 1, count: 100_000), time: 0)
        try writer.finish()
        #expect(truncate(path(), 50_000) == 0)
        #expect(throws: ArchiveError.self) { try contents(of: path()) }
    }
}
