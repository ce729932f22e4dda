import Glibc
import ObjectStore
import Testing

@testable import UploadCore

@Suite struct SpoolTests {
    private let folder = TemporaryFolder()

    private func append(_ text: String, to spool: Spool) throws {
        try Array(text.utf8).withUnsafeBytes { try spool.append($0) }
    }

    @Test func smallContentStaysInMemory() throws {
        let spool = Spool(directory: try SpoolDirectory(path: folder.path), memoryLimit: 8)
        try append("12345", to: spool)
        try append("678", to: spool)
        guard case .bytes(let bytes) = spool.content else { return #expect(Bool(false)) }
        #expect(bytes == Array("12345678".utf8))
        #expect(folder.files == [])
    }

    @Test func largerContentGoesToAFileThatGoesWithTheSpool() throws {
        let directory = try SpoolDirectory(path: folder.path)
        var spool: Spool? = Spool(directory: directory, memoryLimit: 8)
        try append("12345", to: #require(spool))
        try append("6789", to: #require(spool))
        guard case .file(let path) = spool?.content else { return #expect(Bool(false)) }
        #expect(folder.files.count == 1)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size == 9)
        #expect(status.st_mode & 0o777 == 0o600)
        spool = nil
        #expect(folder.files == [])
    }

    @Test func nextUploadWritesOverTheFileOfTheLast() throws {
        let directory = try SpoolDirectory(path: folder.path, restingBytes: 20)
        var spool: Spool? = Spool(directory: directory, memoryLimit: 2)
        try append("a secret of one", to: #require(spool))
        try spool?.finish()
        let first = folder.files
        spool = nil
        #expect(folder.files == first)
        spool = Spool(directory: directory, memoryLimit: 2)
        try append("another", to: #require(spool))
        try spool?.finish()
        #expect(folder.files == first)
        guard case .file(let path) = spool?.content else { return #expect(Bool(false)) }
        #expect(try folder.read(path) == "another")
        // What is too much to be kept goes.
        try append(String(repeating: "x", count: 20), to: #require(spool))
        spool = nil
        #expect(folder.files == [])
    }

    @Test func fileAtRestGoesAfterAWhile() throws {
        let resting = RestingFiles(mostBytes: 100, longest: .seconds(5))
        for name in ["old", "new"] {
            let path = "\(folder.path)/\(name)"
            resting.give(.init(path: path, descriptor: open(path, O_WRONLY | O_CREAT, 0o600), length: 10))
        }
        let now = ContinuousClock.now
        resting.removeOld(at: now)
        #expect(folder.files.count == 2)
        resting.removeOld(at: now + .seconds(5))
        #expect(folder.files == [])
        #expect(resting.take() == nil)
    }

    @Test func filesAtRestGoBeforeAnUploadIsRefused() throws {
        let directory = try SpoolDirectory(path: folder.path, keepFreeBytes: .max, restingBytes: 1000)
        let path = "\(folder.path)/rests"
        directory.resting.give(.init(path: path, descriptor: open(path, O_WRONLY | O_CREAT, 0o600), length: 900))
        let spool = Spool(directory: directory, memoryLimit: 2)
        #expect(throws: SpoolError.full) { try spool.expect(3) }
        #expect(folder.files == [])
    }

    /// On a disk past the page cache, and on a file system that has nothing but the cache.
    @Test(
        arguments: ["/tmp", "/dev/shm"],
        [[9], [262_144], [262_143, 1], [98_304, 98_304, 98_304], [1, 600_000, 4095, 4097]])
    func whatIsForKeepsArrivesWhole(_ place: String, _ pieces: [Int]) throws {
        let folder = TemporaryFolder(in: place)
        let directory = try SpoolDirectory(path: folder.path, isForKeeps: true)
        let bytes = (0..<pieces.reduce(0, +)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
        let spool = Spool(directory: directory, memoryLimit: 8)
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            for size in pieces {
                try spool.append(UnsafeRawBufferPointer(rebasing: rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
        }
        try spool.finish()
        guard case .file(let path) = spool.content else { return #expect(Bool(false)) }
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var found = [UInt8](repeating: 0, count: bytes.count + 1)
        var count = 0
        while case let more = found.withUnsafeMutableBytes({ read(file, $0.baseAddress! + count, $0.count - count) }),
            more > 0
        {
            count += more
        }
        #expect(count == bytes.count && found.dropLast() == bytes[...])
    }

    @Test func theProcessHasOneMemoryBudget() throws {
        let directory = try SpoolDirectory(path: folder.path, memoryBytes: 10_000)
        let first = Spool(directory: directory, memoryLimit: 8000)
        try append(String(repeating: "x", count: 8000), to: first)
        #expect(folder.files == [])
        do {
            let second = Spool(directory: directory, memoryLimit: 8000)
            try append(String(repeating: "x", count: 8000), to: second)
            #expect(folder.files.count == 1)
        }
        // What goes to the disk gives its memory back, and so does what ends.
        try append("y", to: first)
        let third = Spool(directory: directory, memoryLimit: 8000)
        try append(String(repeating: "x", count: 8000), to: third)
        #expect(folder.files.count == 1)
        withExtendedLifetime((first, third)) {}
    }

    @Test func aFileThatAStoreHasTakenIsNotMissed() throws {
        let directory = try SpoolDirectory(path: folder.path)
        var spool: Spool? = Spool(directory: directory, memoryLimit: 0)
        try append("1", to: #require(spool))
        guard case .file(let path) = spool?.content else { return #expect(Bool(false)) }
        #expect(rename(path, folder.path + "/taken") == 0)
        spool = nil
        #expect(folder.files == ["taken"])
    }

    @Test func leftoversOfTheDeadAreRemovedAndTheLivingKept() throws {
        let dead = folder.path + "/process-1-dead"
        #expect(mkdir(dead, 0o700) == 0)
        close(open(dead + "/7", O_CREAT | O_WRONLY, 0o600))
        let living = try SpoolDirectory(path: folder.path)
        #expect(folder.entries == [living.path.split(separator: "/").last.map(String.init)])
        let spool = Spool(directory: living, memoryLimit: 0)
        try append("1", to: spool)
        let second = try SpoolDirectory(path: folder.path)
        #expect(second.path != living.path)
        #expect(folder.files.count == 1)
        withExtendedLifetime(spool) {}
    }

    @Test func ownFolderGoesWithTheProcess() throws {
        var directory: SpoolDirectory? = try SpoolDirectory(path: folder.path)
        #expect(folder.entries.count == 1)
        withExtendedLifetime(directory) {}
        directory = nil
        #expect(folder.entries == [])
    }

    @Test func aFolderThatCannotBeMadeIsAnError() {
        #expect(throws: SpoolError.failed(errno: ENOENT)) { try SpoolDirectory(path: folder.path + "/a/b") }
    }

    @Test func aSpoolThatFailsSaysHow() throws {
        let directory = try SpoolDirectory(path: folder.path)
        #expect(rmdir(directory.path) == 0)
        let spool = Spool(directory: directory, memoryLimit: 0)
        #expect(throws: SpoolError.failed(errno: ENOENT)) { try append("1", to: spool) }
    }

    @Test func aFullDiskIsToldApart() {
        #expect(SpoolError(errno: ENOSPC) == .full)
        #expect(SpoolError(errno: EDQUOT) == .full)
        #expect(SpoolError(errno: EIO) == .failed(errno: EIO))
    }
}
