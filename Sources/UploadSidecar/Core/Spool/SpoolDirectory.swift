import Base
import Glibc
import Synchronization

/// The folder where bodies wait that are too large for memory.
///
/// Each process has a folder of its own in it, locked with flock(2) for as long as the process lives, so that the old
/// and the new process of a restart never meet. A folder whose lock is free belongs to a dead process and is removed
/// by the next that starts.
package final class SpoolDirectory: Sendable {
    /// This process's own folder.
    package let path: String
    /// What all uploads together may keep in memory.
    let memory: MemoryBudget
    /// What all uploads together may keep on the disk.
    package let space: SpoolSpace
    /// Whether a store will take the files as they are.
    let isForKeeps: Bool
    /// Files that new uploads may write over.
    let resting: RestingFiles
    /// Which uploads this process has under way.
    let journal: UploadJournal
    /// What dead processes had under way, already noted in our own journal.
    let inherited: [(grant: String, entry: UploadJournal.Entry?)]
    private let lock: Int32
    private let lastNumber = Atomic<UInt64>(0)

    /// Makes the folder (mode 0700, parents must exist), removes what dead processes have left, and makes and locks
    /// this process's own. Blocks for as long as another process does the same.
    ///
    /// - Parameters:
    ///   - memoryBytes: what all uploads together may keep in memory.
    ///   - maxBytes: what all uploads together may keep on the disk.
    ///   - keepFreeBytes: what stays free on the spool's file system.
    ///   - isForKeeps: whether a store will take the files as they are: then they go straight to the disk.
    ///   - restingBytes: what files of uploads that have ended may keep for a few seconds, for new ones to write over.
    package init(
        path parent: String, memoryBytes: Int = 32 << 20, maxBytes: Int64 = .max, keepFreeBytes: Int64 = 0,
        isForKeeps: Bool = false, restingBytes: Int64 = 0
    ) throws(SpoolError) {
        guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw SpoolError(errno: errno) }
        // One process at a time, or another would remove our folder between its making and its locking.
        let gate = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard gate >= 0 else { throw SpoolError(errno: errno) }
        defer { close(gate) }
        while flock(gate, LOCK_EX) != 0 {
            guard errno == EINTR else { throw SpoolError(errno: errno) }
        }
        var random = SystemRandomNumberGenerator()
        let path = "\(parent)/\(Self.prefix)\(getpid())-\(String(random.next(), radix: 36))"
        guard mkdir(path, 0o700) == 0 else { throw SpoolError(errno: errno) }
        let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw SpoolError(errno: errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(lock) }
            throw SpoolError(errno: errno)
        }
        memory = MemoryBudget(bytes: memoryBytes)
        space = SpoolSpace(maxBytes: maxBytes, keepFree: keepFreeBytes) { SpoolSpace.free(at: parent) }
        resting = RestingFiles(mostBytes: restingBytes)
        self.isForKeeps = isForKeeps
        let journal = UploadJournal(path: "\(path)/\(Self.journalName)")
        var inherited: [(grant: String, entry: UploadJournal.Entry?)] = []
        for name in Self.entries(of: parent) where name.hasPrefix(Self.prefix) {
            Self.removeIfDead("\(parent)/\(name)") { inherited.append(($0, journal.note($0))) }
        }
        self.journal = journal
        self.inherited = inherited
        self.path = path
        self.lock = lock
    }

    deinit {
        resting.removeAll()
        journal.remove()
        rmdir(path)
        close(lock)
    }

    /// Removes what has waited too long to be written over. Call every second or so.
    package func tidy() { resting.removeOld() }

    /// A path in the own folder that was never used before.
    func newPath() -> String {
        "\(path)/\(lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private static let prefix = "process-"

    private static let journalName = "journal"

    /// - Parameter inherit: gets each grant of the dead process's journal before that goes.
    private static func removeIfDead(_ path: String, inherit: (String) -> Void) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else { return }
        for grant in UploadJournal.grants(in: "\(path)/\(journalName)") { inherit(grant) }
        for name in entries(of: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
