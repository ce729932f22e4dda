import Base
import Glibc
import ObjectStore
import Testing

/// What only the directory store has.
@Suite struct DirectoryStoreTests {
    private let scratch = TemporaryDirectory()
    private var root: String { scratch.path + "/deep/objects" }

    @Test func placesObjectsByTheirKeysAndLeavesNothingElse() throws {
        let store = try DirectoryStore(root: root + "/")
        try store.put(.memory([1]), at: "a/b/c")
        let bytes = patternedBytes(100)
        let spool = scratch.file("spool", bytes)
        try store.put(.file(spool, bytes), at: "a/d")
        #expect(scratch.names(in: "deep/objects") == [".incoming", "a"])
        #expect(scratch.names(in: "deep/objects/a") == ["b", "d"])
        #expect(scratch.names(in: "deep/objects/.incoming").isEmpty)
        // The spooled file was taken over, not copied.
        #expect(scratch.names() == ["deep"])
    }

    @Test func givesTheModesItWasTold() throws {
        let previous = umask(0o077)
        defer { umask(previous) }
        let store = try DirectoryStore(root: root, fileMode: 0o644, directoryMode: 0o755)
        try store.put(.memory([1]), at: "a/b/memory")
        let spool = scratch.file("spool", [2])
        chmod(spool, 0o600)
        try store.put(.file(spool, [2]), at: "a/b/file")
        for path in ["", "/a", "/a/b"] { #expect(mode(root + path) == 0o755) }
        for path in ["/a/b/memory", "/a/b/file"] { #expect(mode(root + path) == 0o644) }
        #expect(mode(root + "/.incoming") == 0o700)
        let standard = try DirectoryStore(root: scratch.path + "/standard")
        try standard.put(.memory([1]), at: "a/b")
        #expect(mode(scratch.path + "/standard/a") == 0o750)
        #expect(mode(scratch.path + "/standard/a/b") == 0o640)
    }

    @Test func keepsTheGroupOfTheRootDownTheTree() throws {
        // As an operator prepares it for a web server's group.
        _ = try DirectoryStore(root: root)
        chmod(root, 0o2750)
        let isRoot = geteuid() == 0
        if isRoot { chown(root, 0, 33) }
        let store = try DirectoryStore(root: root)
        let spool = scratch.file("spool", [2])
        try store.put(.file(spool, [2]), at: "a/b/file")
        try store.put(.memory([1]), at: "a/b/memory")
        #expect(mode(root + "/a/b") == 0o2750)
        for path in ["/a", "/a/b", "/a/b/file", "/a/b/memory"] {
            #expect(status(root + path).st_gid == status(root).st_gid)
        }
        #expect(status(root).st_gid == (isRoot ? 33 : getegid()))
    }

    @Test func removesEmptyDirectoriesUpToTheFirstInUse() throws {
        let store = try DirectoryStore(root: root)
        try store.put(.memory([1]), at: "a/b/c/d")
        try store.put(.memory([1]), at: "a/x")
        try store.remove("a/b/c/d")
        #expect(scratch.names(in: "deep/objects/a") == ["x"])
        try store.remove("a/x")
        #expect(scratch.names(in: "deep/objects") == [".incoming"])
    }

    @Test func oneKeyIsNoDirectoryOfAnother() throws {
        let store = try DirectoryStore(root: root)
        try store.put(.memory([1]), at: "a/b")
        for key in ["a", "a/b/c"] {
            do {
                try store.put(.memory([2]), at: key)
                Issue.record("taken")
            } catch ObjectStoreError.refused {}
        }
        #expect(try store.size(of: "a/b") == 1)
        #expect(scratch.names(in: "deep/objects/.incoming").isEmpty)
    }

    @Test func copiesFromAnotherFileSystem() throws {
        // The shared-memory file system, which every Linux machine has, against the disk's.
        var template = Array("/dev/shm/saas-store-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let source = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { unlink(source) }
        let bytes = patternedBytes(700_000)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        let store = try DirectoryStore(root: root)
        try #require(status(source).st_dev != status(root).st_dev)
        try store.put(.file(source, bytes), at: "key")
        #expect(try Fixture(store: store, scratch: scratch).bytes(of: "key") == bytes)
        #expect(access(source, F_OK) == 0)
        #expect(throws: ObjectStoreError.corrupted("the content has another digest")) {
            try store.put(.file(source, bytes).claiming(.memory(patternedBytes(700_000, seed: 9))), at: "other")
        }
        #expect(scratch.names(in: "deep/objects") == [".incoming", "key"])
        #expect(scratch.names(in: "deep/objects/.incoming").isEmpty)
    }

    @Test func aSymbolicLinkIsNoSourceAndNoObject() throws {
        let store = try DirectoryStore(root: root)
        let secret = scratch.file("secret", [1, 2])
        symlink(secret, scratch.path + "/link")
        #expect(throws: ObjectStoreError.self) { try store.put(.file(scratch.path + "/link", [1, 2]), at: "key") }
        symlink(secret, root + "/planted")
        #expect(try store.size(of: "planted") == nil)
        #expect(throws: ObjectStoreError.self) { try store.read("planted") { _ in true } }
        #expect(try store.list(prefix: "", after: nil, limit: 9).isEmpty)
        #expect(access(secret, F_OK) == 0)
    }

    @Test func anObjectIsReadToItsEndWhileItIsReplacedAndRemoved() throws {
        let store = try DirectoryStore(root: root)
        let bytes = patternedBytes(1 << 20)
        try store.put(.memory(bytes), at: "key")
        var received: [UInt8] = []
        try store.read("key") { chunk in
            if received.isEmpty {
                try? store.put(.memory([1]), at: "key")
                try? store.remove("key")
            }
            received.append(contentsOf: chunk)
            return true
        }
        #expect(received == bytes)
    }

    @Test func strangeEntriesAreNotListed() throws {
        let store = try DirectoryStore(root: root)
        try store.put(.memory([1]), at: "a/b")
        _ = scratch.file("deep/objects/.hidden", [1])
        _ = scratch.file("deep/objects/a/with blank", [1])
        mkfifo(root + "/a/pipe", 0o600)
        #expect(try store.list(prefix: "", after: nil, limit: 9).map(\.key) == ["a/b"])
        #expect(try store.list(prefix: ".incoming/", after: nil, limit: 9).isEmpty)
        #expect(try store.list(prefix: "a/../", after: nil, limit: 9).isEmpty)
    }

    @Test func sweepsWhatKilledWritersLeft() throws {
        let store = try DirectoryStore(root: root)
        for name in ["old", "new"] { _ = scratch.file("deep/objects/.incoming/\(name)", [1]) }
        let now = Timestamp("2026-11-21T12:00:00Z")!
        for (name, age) in [("old", 3601), ("new", 3600)] {
            var times = [timespec(), timespec()]
            for index in 0..<2 { times[index].tv_sec = Int(now.seconds) - age }
            utimensat(AT_FDCWD, root + "/.incoming/" + name, times, 0)
        }
        #expect(try store.removeStaleTemporaries(olderThan: .seconds(3600), now: now) == 1)
        #expect(scratch.names(in: "deep/objects/.incoming") == ["new"])
    }

    @Test func digestsAreNotReadAgainWhenSwitchedOff() throws {
        let store = try DirectoryStore(root: root, verifiesDigest: false)
        let claimed = ObjectContent.memory([1, 2, 3])
        try store.put(.memory([4, 5, 6]).claiming(claimed), at: "memory")
        try store.put(.file(scratch.file("spool", [4, 5, 6]), [4, 5, 6]).claiming(claimed), at: "file")
        // The size still counts.
        #expect(throws: ObjectStoreError.self) { try store.put(.memory([4]).claiming(claimed), at: "short") }
        #expect(try store.list(prefix: "", after: nil, limit: 9).map(\.key) == ["file", "memory"])
    }

    @Test func aFileThatIsTakenOverIsNotReadAgainWhenItsWriterIsTrusted() throws {
        let store = try DirectoryStore(root: root, verifiesAdopted: false)
        let claimed = ObjectContent.memory([1, 2, 3])
        try store.put(.file(scratch.file("spool", [4, 5, 6]), [4, 5, 6]).claiming(claimed), at: "file")
        // What is copied is still compared.
        #expect(throws: ObjectStoreError.self) { try store.put(.memory([4, 5, 6]).claiming(claimed), at: "memory") }
        #expect(try store.list(prefix: "", after: nil, limit: 9).map(\.key) == ["file"])
    }

    @Test(arguments: [
        (ENOSPC, ObjectStoreError.full), (EDQUOT, .full), (ENOENT, .notFound),
        (EROFS, .refused("write: Read-only file system")), (EIO, .unavailable("write: Input/output error")),
    ])
    func systemErrorsSayWhatToDo(number: Int32, expected: ObjectStoreError) {
        #expect(ObjectStoreError.system("write", number) == expected)
    }

    private func status(_ path: String) -> stat {
        var status = stat()
        #expect(lstat(path, &status) == 0)
        return status
    }

    private func mode(_ path: String) -> mode_t { status(path).st_mode & 0o7777 }
}
