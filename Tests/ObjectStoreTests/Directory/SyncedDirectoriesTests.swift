import Glibc
import Testing

@testable import ObjectStore

@Suite struct SyncedDirectoriesTests {
    @Test func aDirectoryThatWasMadeAnewIsNotTheOneThatWasKept() throws {
        let path = "/tmp/synced-\(UInt32.random(in: 0...UInt32.max))"
        try #require(mkdir(path, 0o700) == 0)
        defer { rmdir(path) }
        let directories = SyncedDirectories()
        #expect(directories.find(path) == nil)
        let entry = try #require(SyncedDirectories.Entry(path))
        directories.keep(entry, at: path)
        #expect(directories.find(path) === entry)
        try #require(rmdir(path) == 0 && mkdir(path, 0o700) == 0)
        #expect(directories.find(path) == nil)
    }
}
