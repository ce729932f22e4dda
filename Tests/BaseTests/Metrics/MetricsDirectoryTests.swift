import Base
import Glibc
import Testing

/// A process that dies is played by a copy of a living one's file: it is what the process leaves, without its lock.
@Suite struct MetricsDirectoryTests {
    private let path: String
    private let directory: MetricsDirectory

    init() throws {
        var template = Array("/tmp/metrics-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
        directory = try #require(MetricsDirectory(path))
    }

    private func value(_ name: String) -> UInt64? {
        directory.read(tenants: nil).first { $0.name == name }?.values.first
    }

    private var files: Set<String> {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: Set<String> = []
        while let entry = readdir(stream) {
            names.insert(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0.hasSuffix(".live") }
    }

    private func copy(_ source: String, to target: String) throws {
        let input = try #require(fopen("\(path)/\(source)", "r"))
        let output = try #require(fopen("\(path)/\(target)", "w"))
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&buffer, 1, buffer.count, input)
        try #require(fwrite(&buffer, 1, count, output) == count)
        fclose(input)
        fclose(output)
    }

    @Test func countsOfAllProcessesAreAddedUp() throws {
        let boards = try (0..<3).map { _ in try #require(directory.makeBoard("app")) }
        for (number, board) in boards.enumerated() { board.counter("a_total", help: "Things.").add(number + 1) }
        #expect(value("a_total") == 6)
        #expect(files.count == 3)
    }

    @Test func deadProcessKeepsItsCountsAndLosesItsGauges() throws {
        let board = try #require(directory.makeBoard("app"))
        let counter = board.counter("a_total", help: "Things.")
        counter.add(5)
        board.gauge("a_bytes", [("process", "1")], help: "Memory.").set(7)
        let living = try #require(files.first)
        try copy(living, to: "app.2.dead.live")
        #expect(value("a_total") == 10)
        #expect(files == [living], "the dead one's file is folded away")
        counter.add(1)
        #expect(value("a_total") == 11)
        #expect(directory.read(tenants: nil).filter { $0.name == "a_bytes" }.count == 1)
    }

    @Test func gaugesOfTheDeadAreNotShown() throws {
        let board = try #require(directory.makeBoard("app"))
        board.gauge("a_bytes", [("process", "1")], help: "Memory.").set(7)
        let name = try #require(files.first)
        let other = try #require(MetricsDirectory(path + "/other"))
        try copy(name, to: "other/app.1.dead.live")
        #expect(other.read(tenants: nil).isEmpty)
    }

    @Test func fileThatCouldNotBeRemovedIsNotCountedTwice() throws {
        let board = try #require(directory.makeBoard("app"))
        board.counter("a_total", help: "Things.").add(5)
        let living = try #require(files.first)
        try copy(living, to: "app.2.dead.live")
        #expect(value("a_total") == 10)
        // As if the one who folded it had been killed just before it removed the file.
        try copy(living, to: "app.2.dead.live")
        #expect(value("a_total") == 10)
        #expect(files == [living])
    }

    @Test func processThatStartsPutsTheDeadOnesFilesAway() throws {
        let board = try #require(directory.makeBoard("app"))
        board.counter("a_total", help: "Things.").add(5)
        let living = try #require(files.first)
        try copy(living, to: "app.2.dead.live")
        try copy(living, to: "app.3.dead.live")
        _ = try #require(directory.makeBoard("app"))
        #expect(files.count == 2 && !files.contains("app.2.dead.live") && !files.contains("app.3.dead.live"))
        #expect(value("a_total") == 15)
    }

    @Test func fileThatIsNoneIsPassedOver() throws {
        let board = try #require(directory.makeBoard("app"))
        board.counter("a_total", help: "Things.").add(5)
        let stranger = try #require(fopen("\(path)/app.9.short.live", "w"))
        fputs("nothing", stranger)
        fclose(stranger)
        #expect(value("a_total") == 5)
    }

    @Test func directoryThatCannotBeMadeIsNone() { #expect(MetricsDirectory("/proc/none/metrics") == nil) }
}
