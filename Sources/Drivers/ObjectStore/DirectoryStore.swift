package import Base
import Crypto
import Glibc

/// An object store in a directory of the file system; each object is a file whose path below the root is its key.
///
/// A file gets its place by rename(2) after its bytes are on the disk, so a reader sees a whole object or none, also
/// after a power failure. Any number of processes may work on the same root. One key cannot be a directory of
/// another: with `a/b` stored, `a` is refused.
package final class DirectoryStore: ObjectStore {
    private let tree: DirectoryTree
    private let fileMode: mode_t
    private let verifiesDigest: Bool
    private let verifiesAdopted: Bool

    /// Makes the directory when it is missing.
    ///
    /// Files and directories get the root's group where the process may give it, so that a web server in that group
    /// can read them; and its owner when the superuser makes them.
    ///
    /// - Parameters:
    ///   - root: path of the directory.
    ///   - fileMode: permissions of every object's file, past the umask.
    ///   - directoryMode: permissions of every directory that is made, past the umask.
    ///   - verifiesDigest: whether `put` compares the SHA-256 of the bytes that it copies.
    ///   - verifiesAdopted: whether `put` reads a file once more that it takes over by rename(2). Not needed where the
    ///     caller took the digest of the very bytes that it wrote to that file: the same inode gets the object's place,
    ///     and what is read back at once comes from the page cache, so it says nothing of the disk.
    package init(
        root: String, fileMode: UInt32 = 0o640, directoryMode: UInt32 = 0o750, verifiesDigest: Bool = true,
        verifiesAdopted: Bool = true
    ) throws(ObjectStoreError) {
        tree = try DirectoryTree(root: root, directoryMode: directoryMode)
        self.fileMode = fileMode
        self.verifiesDigest = verifiesDigest
        self.verifiesAdopted = verifiesAdopted
    }

    package func put(_ content: ObjectContent, at key: String) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        try tree.checkPresence()
        if case .file(let path) = content.source, try adopt(path, content, at: key) {
            try tree.syncParents(of: key)
            return
        }
        let incoming = tree.newIncomingPath()
        do throws(ObjectStoreError) {
            try write(content, to: incoming)
            guard try tree.publish(incoming, at: key) else {
                throw ObjectStoreError.refused("the root spans more than one file system")
            }
        } catch {
            unlink(incoming)
            // `.notFound` would speak of the object.
            throw error == .notFound ? .unavailable("the store's directory is gone") : error
        }
        try tree.syncParents(of: key)
    }

    package func size(of key: String) throws(ObjectStoreError) -> Int64? {
        try ObjectKey.check(key)
        var status = stat()
        if lstat(tree.path(of: key), &status) == 0 { return status.isRegularFile ? Int64(status.st_size) : nil }
        guard errno == ENOENT || errno == ENOTDIR else { throw .system("stat", errno) }
        try tree.checkPresence()
        return nil
    }

    package func remove(_ key: String) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        guard unlink(tree.path(of: key)) == 0 else {
            // EISDIR: the key is a directory of others, so there is no such object.
            guard errno == ENOENT || errno == ENOTDIR || errno == EISDIR else { throw .system("unlink", errno) }
            try tree.checkPresence()
            return
        }
        tree.pruneParents(of: key)
        try tree.syncParents(of: key)
    }

    package func read(_ key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        let file = try openObject(key)
        let status = try file.status()
        guard status.isRegularFile else { throw .notFound }
        var stopped = false
        let count = try file.read { bytes throws(ObjectStoreError) in
            stopped = !sink(bytes)
            return !stopped
        }
        guard stopped || count == Int64(status.st_size) else { throw .unavailable("the file ended before its size") }
    }

    package func list(prefix: String, after: String?, limit: Int) throws(ObjectStoreError) -> [StoredObject] {
        try tree.checkPresence()
        var listing = DirectoryListing(root: tree.root, prefix: prefix, after: after, limit: limit)
        return try listing.run()
    }

    package func check() throws(ObjectStoreError) {
        try tree.checkPresence()
        let path = tree.newIncomingPath()
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        defer { unlink(path) }
        try withUnsafeBytes(of: UInt8(0)) { byte throws(ObjectStoreError) in try file.write(byte) }
    }

    /// Removes what writers that were killed left behind: unfinished files last written before `now - age`.
    ///
    /// - Returns: how many were removed.
    package func removeStaleTemporaries(olderThan age: Duration, now: Timestamp) throws(ObjectStoreError) -> Int {
        try tree.checkPresence()
        let folder = tree.root + "/" + DirectoryTree.incomingName
        var removed = 0
        for name in try DirectoryListing.names(in: folder) {
            var status = stat()
            let path = folder + "/" + name
            guard lstat(path, &status) == 0, status.isRegularFile, status.modified < now - age else { continue }
            if unlink(path) == 0 { removed += 1 }
        }
        return removed
    }

    /// Takes the file itself when it is on the root's file system; false when it is not, with nothing changed.
    private func adopt(_ path: String, _ content: ObjectContent, at key: String) throws(ObjectStoreError) -> Bool {
        let file = try Self.openSource(path)
        let status = try file.status()
        guard status.isRegularFile else { throw .refused("the source is no regular file") }
        guard status.st_dev == tree.device else { return false }
        guard Int64(status.st_size) == content.size else { throw .corrupted("the file has another size") }
        if verifiesDigest, verifiesAdopted {
            let digest = IncrementalDigest(.sha256)
            _ = try file.read { bytes throws(ObjectStoreError) in
                digest.update(bytes)
                return true
            }
            guard digest.finish() == content.sha256 else { throw .corrupted("the file has another digest") }
        }
        try file.setAccess(mode: fileMode, group: tree.group, owner: tree.owner)
        try file.sync()
        return try tree.publish(path, at: key)
    }

    /// Writes the content to a new file and waits until it is on the disk.
    private func write(_ content: ObjectContent, to path: String) throws(ObjectStoreError) {
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let digest = IncrementalDigest(.sha256)
        var count: Int64 = 0
        let verifiesDigest = verifiesDigest
        let take = { (bytes: UnsafeRawBufferPointer) throws(ObjectStoreError) in
            if verifiesDigest { digest.update(bytes) }
            count += Int64(bytes.count)
            try file.write(bytes)
            return true
        }
        switch content.source {
        case .bytes(let bytes):
            _ = try bytes.withUnsafeBufferPointer { buffer throws(ObjectStoreError) in
                try take(UnsafeRawBufferPointer(buffer))
            }
        case .file(let source): _ = try Self.openSource(source).read(take)
        }
        guard count == content.size else { throw .corrupted("the content has another size") }
        guard !verifiesDigest || digest.finish() == content.sha256 else {
            throw .corrupted("the content has another digest")
        }
        try file.setAccess(mode: fileMode, group: tree.group, owner: tree.owner)
        try file.sync()
    }

    private func openObject(_ key: String) throws(ObjectStoreError) -> OpenFile {
        do throws(ObjectStoreError) {
            return try OpenFile(tree.path(of: key), O_RDONLY | O_NOFOLLOW)
        } catch .notFound {
            try tree.checkPresence()
            throw .notFound
        }
    }

    private static func openSource(_ path: String) throws(ObjectStoreError) -> OpenFile {
        do {
            return try OpenFile(path, O_RDONLY | O_NOFOLLOW)
        } catch .notFound {
            // `.notFound` would speak of the object.
            throw .unavailable("the file to store is gone")
        }
    }
}
