import Synchronization
import Testing
import UploadCore

@Suite struct SpoolSpaceTests {
    private let folder = TemporaryFolder()

    private func append(_ count: Int, to spool: Spool) throws(SpoolError) {
        let bytes = [UInt8](repeating: 1, count: count)
        do { try bytes.withUnsafeBytes { try spool.append($0) } } catch { throw error as? SpoolError ?? .full }
    }

    @Test func whatIsExpectedIsReservedAtOnce() throws {
        let directory = try SpoolDirectory(path: folder.path, maxBytes: 1000)
        let first = Spool(directory: directory, memoryLimit: 10)
        try first.expect(600)
        #expect(directory.space.reserved == 600)
        let second = Spool(directory: directory, memoryLimit: 10)
        #expect(throws: SpoolError.full) { try second.expect(401) }
        #expect(folder.files.count == 1)
        try second.expect(400)
        withExtendedLifetime((first, second)) {}
    }

    @Test func whatFitsInMemoryTakesNoSpace() throws {
        let directory = try SpoolDirectory(path: folder.path, maxBytes: 0)
        let spool = Spool(directory: directory, memoryLimit: 10)
        try spool.expect(10)
        try append(10, to: spool)
        #expect(directory.space.reserved == 0)
        #expect(throws: SpoolError.full) { try append(1, to: spool) }
    }

    @Test func moreThanWasExpectedIsReservedInSteps() throws {
        let directory = try SpoolDirectory(path: folder.path, maxBytes: 5 << 20)
        var spool: Spool? = Spool(directory: directory, memoryLimit: 10)
        try append(100, to: #require(spool))
        #expect(directory.space.reserved == 100)
        try append(1, to: #require(spool))
        #expect(directory.space.reserved == 100 + (4 << 20))
        #expect(throws: SpoolError.full) { try append(5 << 20, to: #require(spool)) }
        spool = nil
        #expect(directory.space.reserved == 0)
    }

    @Test func reservedAndUnwrittenBytesAreNotPromisedTwice() throws {
        let free = Mutex<Int64?>(1000)
        let space = SpoolSpace(keepFree: 100) { free.withLock { $0 } }
        try space.reserve(500)
        #expect(throws: SpoolError.full) { try space.reserve(401) }
        try space.reserve(400)
        // What is written shows in the file system's own figure, and is not counted twice.
        space.note(written: 500)
        free.withLock { $0 = 500 }
        #expect(throws: SpoolError.full) { try space.reserve(1) }
        space.giveBack(500, written: 500)
        free.withLock { $0 = 1000 }
        try space.reserve(500)
        free.withLock { $0 = nil }
        try space.reserve(1 << 40)
    }

    @Test func theFileSystemSaysWhatIsFree() throws {
        #expect(try #require(SpoolSpace.free(at: folder.path)) > 0)
        #expect(SpoolSpace.free(at: folder.path + "/missing") == nil)
        let directory = try SpoolDirectory(path: folder.path, keepFreeBytes: .max)
        let spool = Spool(directory: directory, memoryLimit: 10)
        #expect(throws: SpoolError.full) { try spool.expect(11) }
    }
}
