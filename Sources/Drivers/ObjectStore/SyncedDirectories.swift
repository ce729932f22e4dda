import Glibc
import Synchronization

/// Directories whose own entries, up to the root, this process has seen on the disk.
///
/// Each is held open: its inode cannot be given to another directory meanwhile, and its link count tells when it was
/// removed. What lies above a directory that still has its entry is there too, as only empty ones are removed. Few are
/// held: uploads of a month go to one directory a tenant.
final class SyncedDirectories: Sendable {
    final class Entry: Sendable {
        private let descriptor: Int32

        /// Nil when there is no such directory.
        init?(_ path: String) {
            descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if descriptor < 0 { return nil }
        }

        deinit { close(descriptor) }

        var isLinked: Bool {
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_nlink > 0
        }

        /// Waits until the directory's entries are on the disk.
        func sync() throws(ObjectStoreError) {
            guard fsync(descriptor) == 0 else { throw .system("fsync", errno) }
        }
    }

    private static let capacity = 64

    private let entries = Mutex<[String: Entry]>([:])

    /// The directory at this path, when it is one of these and has not been removed since.
    func find(_ path: String) -> Entry? {
        guard let entry = entries.withLock({ $0[path] }) else { return nil }
        if entry.isLinked { return entry }
        entries.withLock { if $0[path] === entry { $0[path] = nil } }
        return nil
    }

    /// Remembers a directory that is on the disk, and everything above it.
    func keep(_ entry: Entry, at path: String) {
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[path] = entry
        }
    }
}
