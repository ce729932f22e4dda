import Base
import Glibc

/// One walk over a store's directory in byte order of the keys, leaving out what cannot be in the answer.
///
/// A directory is read and sorted whole, so a page costs as much as the directories that it touches are long.
struct DirectoryListing {
    private let root: String
    private let prefix: String
    private let after: String
    private let limit: Int
    private var found: [StoredObject] = []

    init(root: String, prefix: String, after: String?, limit: Int) {
        self.root = root
        self.prefix = prefix
        self.after = after ?? ""
        self.limit = limit
    }

    mutating func run() throws(ObjectStoreError) -> [StoredObject] {
        // The walk starts at the deepest directory that the prefix names.
        let start = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        guard start.isEmpty || ObjectKey.isValid(start.dropLast()) else { return [] }
        try walk(start)
        return found
    }

    /// - Parameter folder: a path below the root that ends in a slash, or nothing for the root itself.
    private mutating func walk(_ folder: String) throws(ObjectStoreError) {
        var entries: [String] = []
        for name in try Self.names(in: root + "/" + folder, markingDirectories: true) {
            let isDirectory = name.hasSuffix("/")
            guard ObjectKey.isValidSegment(isDirectory ? name.dropLast() : name[...]) else { continue }
            if isDirectory ? mayHold(folder + name) : isWanted(folder + name) { entries.append(name) }
        }
        // With its slash a directory sorts where its keys do: `a-b` before `a/b` before `a0`.
        entries.sort()
        for name in entries {
            guard found.count < limit else { return }
            if name.hasSuffix("/") {
                try walk(folder + name)
                continue
            }
            var status = stat()
            // A failure means that it was removed meanwhile.
            guard lstat(root + "/" + folder + name, &status) == 0, status.isRegularFile else { continue }
            found.append(StoredObject(key: folder + name, size: Int64(status.st_size), modified: status.modified))
        }
    }

    private func isWanted(_ key: String) -> Bool { key > after && key.hasPrefix(prefix) }

    /// Whether keys that start with this folder can be wanted.
    private func mayHold(_ folder: String) -> Bool {
        (folder > after || after.hasPrefix(folder)) && (folder.hasPrefix(prefix) || prefix.hasPrefix(folder))
    }

    /// The entries of a directory, in no order, without `.` and `..`; none when it is gone. Directories end in a
    /// slash when asked.
    static func names(in path: String, markingDirectories: Bool = false) throws(ObjectStoreError) -> [String] {
        guard let directory = opendir(path) else {
            guard errno == ENOENT || errno == ENOTDIR else { throw .system("opendir", errno) }
            return []
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw .system("readdir", errno) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            var isDirectory = Int(entry.pointee.d_type) == Int(DT_DIR)
            if markingDirectories, Int(entry.pointee.d_type) == Int(DT_UNKNOWN) {
                var status = stat()
                isDirectory = lstat(path + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            }
            names.append(markingDirectories && isDirectory ? name + "/" : name)
        }
    }
}

extension stat {
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }

    /// Time of the last write.
    var modified: Timestamp {
        Timestamp(microseconds: Int64(st_mtim.tv_sec) * 1_000_000 + Int64(st_mtim.tv_nsec) / 1000)
    }
}
