import Base
import Glibc
import Synchronization

/// The folder where bodies wait that are too large for memory.
///
/// Each process has a folder of its own in it, locked with flock(2) for as long as the process lives, so that the old
/// and the new process of a restart never meet. A folder whose lock is free belongs to a dead process and is taken over
/// by the next that starts, or by a living one that looks.
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
    private let parent: String
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
        let gate = try Self.passGate(of: parent, waiting: true)
        defer { close(gate) }
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
        journal = UploadJournal(path: "\(path)/\(Self.journalName)")
        inherited = Self.inherit(from: parent, into: journal)
        self.path = path
        self.parent = parent
        self.lock = lock
    }

    deinit {
        leave()
        close(lock)
    }

    /// Does again what is done at start: removes what processes have left that have died meanwhile. Does not wait for
    /// another process that is at it. Blocks on the disk.
    ///
    /// - Returns: what they had under way, already noted in our own journal.
    func takeOver() -> [(grant: String, entry: UploadJournal.Entry?)] {
        guard let gate = try? Self.passGate(of: parent, waiting: false) else { return [] }
        defer { close(gate) }
        return Self.inherit(from: parent, into: journal)
    }

    /// Removes the files at rest, and the own folder if no upload is open in it; what is open is left to an heir. Call
    /// when the process is about to end: nothing can be spooled afterwards.
    package func leave() {
        resting.removeAll()
        // While a body is there the folder stays, too.
        if journal.removeIfEmpty() { rmdir(path) }
    }

    /// Removes what has waited too long to be written over. Call every second or so.
    package func tidy() { resting.removeOld() }

    /// A path in the own folder that was never used before.
    func newPath() -> String {
        "\(path)/\(lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private static let prefix = "process-"

    private static let journalName = "journal"

    /// Lets one process at a time make its folder or remove others', or one would remove a folder between its making
    /// and its locking.
    ///
    /// - Parameter waiting: whether to wait for another process; else it is an error that there is one.
    /// - Returns: a descriptor that is to be closed at the end.
    private static func passGate(of parent: String, waiting: Bool) throws(SpoolError) -> Int32 {
        let gate = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard gate >= 0 else { throw SpoolError(errno: errno) }
        while flock(gate, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR else {
                defer { close(gate) }
                throw SpoolError(errno: errno)
            }
        }
        return gate
    }

    /// Removes the folders of dead processes; what these had under way goes into the journal.
    private static func inherit(
        from parent: String, into journal: UploadJournal
    ) -> [(grant: String, entry: UploadJournal.Entry?)] {
        var inherited: [(grant: String, entry: UploadJournal.Entry?)] = []
        for name in entries(of: parent) where name.hasPrefix(prefix) {
            removeIfDead("\(parent)/\(name)") { inherited.append(($0, journal.note($0))) }
        }
        return inherited
    }

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
