import Base
import Glibc

/// The directories below a store's root: made, synced and taken away again as objects come and go.
///
/// Other threads and processes work on the same tree: a directory that was just made may be gone a moment later, when
/// the last object beside it was removed.
struct DirectoryTree: Sendable {
    /// The name, below the root, of the directory in which files are written before they get their place. Not a key.
    static let incomingName = ".incoming"

    let root: String
    let directoryMode: mode_t
    /// Of the root; new files and directories get it too where the process may give it.
    let group: gid_t
    /// Of the root; what a process of the superuser makes gets it.
    let owner: uid_t
    /// Of the root's file system.
    let device: dev_t
    private let synced = SyncedDirectories()

    /// Makes the root and its own directory when they are missing.
    init(root: String, directoryMode: mode_t) throws(ObjectStoreError) {
        var root = root
        while root.utf8.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
        self.directoryMode = directoryMode
        var made: [String] = []
        var path = root
        while !path.isEmpty, access(path, F_OK) != 0 {
            made.append(path)
            path = Self.parent(of: path)
        }
        for path in made.reversed() { try Self.makeDirectory(path, mode: directoryMode, access: nil) }
        let status = try OpenFile(root, O_RDONLY | O_DIRECTORY).status()
        group = status.st_gid
        owner = status.st_uid
        device = status.st_dev
        try Self.makeDirectory(root + "/" + Self.incomingName, mode: 0o700, access: (owner, group))
        for path in made.reversed() where !Self.parent(of: path).isEmpty {
            try OpenFile(Self.parent(of: path), O_RDONLY | O_DIRECTORY).sync()
        }
    }

    func path(of key: String) -> String { root + "/" + key }

    /// A path that nobody else uses, for a file that is not ready yet.
    func newIncomingPath() -> String {
        root + "/" + Self.incomingName + "/" + Identifier<DirectoryTree>.random().description
    }

    /// Tells a missing object from a missing store, such as a disk that is not mounted.
    ///
    /// - Throws: `.unavailable` when the store's own directory is not there.
    func checkPresence() throws(ObjectStoreError) {
        guard access(root + "/" + Self.incomingName, F_OK) == 0 else {
            throw .unavailable("the store's directory is gone")
        }
    }

    /// Moves a finished file to the key's place with rename(2), making directories as needed.
    ///
    /// - Returns: false when the file is on another mount (EXDEV), which leaves everything as it was.
    func publish(_ source: String, at key: String) throws(ObjectStoreError) -> Bool {
        let target = path(of: key)
        // Each round loses only to a removal that prunes the directories at this very moment.
        for _ in 0..<100 {
            if rename(source, target) == 0 { return true }
            switch errno {
            case EXDEV: return false
            case ENOENT:
                try checkPresence()
                guard access(source, F_OK) == 0 else { throw .unavailable("the file to store is gone") }
                try makeParents(of: key)
            default: throw .system("rename", errno)
            }
        }
        throw .unavailable("directories vanish as fast as they are made")
    }

    /// Waits until the key's entry and those of the directories above it are on the disk.
    ///
    /// All of them where this process has not done so before: whether another one that made a directory has synced it
    /// cannot be known. Afterwards the key's own directory alone, for as long as it is the same one.
    func syncParents(of key: String) throws(ObjectStoreError) {
        let parent = Self.parent(of: path(of: key))
        if let known = synced.find(parent) { return try known.sync() }
        let entry = SyncedDirectories.Entry(parent)
        try syncFrom(parent)
        if let entry, entry.isLinked { synced.keep(entry, at: parent) }
    }

    private func syncFrom(_ parent: String) throws(ObjectStoreError) {
        var path = parent
        while true {
            do {
                try OpenFile(path, O_RDONLY | O_DIRECTORY).sync()
            } catch .notFound {
                // Pruned since: someone removed the object, its parents have nothing to keep.
            }
            guard path.utf8.count > root.utf8.count else { return }
            path = Self.parent(of: path)
        }
    }

    /// Takes away the directories above the key that have become empty.
    func pruneParents(of key: String) {
        var path = Self.parent(of: path(of: key))
        while path.utf8.count > root.utf8.count, rmdir(path) == 0 { path = Self.parent(of: path) }
    }

    private func makeParents(of key: String) throws(ObjectStoreError) {
        var path = root
        for segment in key.split(separator: "/").dropLast() {
            path += "/" + segment
            do {
                try Self.makeDirectory(path, mode: directoryMode, access: (owner, group))
            } catch .notFound {
                // Its parent was pruned meanwhile; `publish` starts over.
                return
            }
        }
    }

    /// mkdir(2); content when there is one already. The mode is set past the umask; a set-group-id bit that came
    /// from the parent stays.
    private static func makeDirectory(
        _ path: String, mode: mode_t, access: (owner: uid_t, group: gid_t)?
    ) throws(ObjectStoreError) {
        guard mkdir(path, mode) == 0 else {
            guard errno == EEXIST else { throw .system("mkdir", errno) }
            return
        }
        do {
            let directory = try OpenFile(path, O_RDONLY | O_DIRECTORY)
            let status = try directory.status()
            try directory.setAccess(
                mode: mode | (status.st_mode & S_ISGID), group: access?.group ?? status.st_gid,
                owner: access?.owner ?? status.st_uid)
        } catch .notFound {
            // Pruned already.
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex && path.utf8.count > 1 ? "/" : String(path[..<slash])
    }
}
