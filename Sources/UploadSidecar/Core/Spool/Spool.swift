package import ObjectStore

/// The bytes of one file while they arrive: in memory up to a limit, then in a file.
///
/// The file is removed with this value, on every path. For one thread at a time.
package final class Spool {
    private let directory: SpoolDirectory
    private let memoryLimit: Int
    private var memory: [UInt8] = []
    private var reserved = 0
    private var file: SpoolFile?

    package init(directory: SpoolDirectory, memoryLimit: Int) {
        self.directory = directory
        self.memoryLimit = memoryLimit
    }

    deinit { directory.memory.give(reserved) }

    /// Says how many bytes are coming at most, before the first. What is too large for memory gets its space on the
    /// disk at once, or is refused before it is received.
    ///
    /// - Throws: `.full`.
    package func expect(_ bytes: Int64) throws(SpoolError) {
        guard bytes > Int64(memoryLimit) else { return }
        file = try SpoolFile(in: directory, expectedBytes: bytes)
    }

    /// Appends the bytes. Blocks on the disk once they exceed the memory limit or the process's memory budget.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        if let file { return try file.append(bytes) }
        if reserve(memory.count + bytes.count) {
            memory.append(contentsOf: bytes)
            return
        }
        let file = try SpoolFile(in: directory, expectedBytes: Int64(memory.count + bytes.count))
        // A local copy, so that no access to self overlaps the call.
        let start = memory
        try start.withUnsafeBufferPointer { (bytes) throws(SpoolError) in
            try file.append(UnsafeRawBufferPointer(bytes))
        }
        try file.append(bytes)
        self.file = file
        memory = []
        directory.memory.give(reserved)
        reserved = 0
    }

    /// Says that the last byte was appended. Blocks on the disk.
    package func finish() throws(SpoolError) { try file?.finish() }

    /// Where the bytes are, for a store, once `finish` was called. A file stays as long as this value, unless the store takes it.
    package var content: ObjectContent.Source {
        if let file { .file(path: file.path) } else { .bytes(memory) }
    }

    /// Makes room for so many bytes in memory, at least doubling it; false when there is none.
    private func reserve(_ count: Int) -> Bool {
        guard count > reserved else { return true }
        guard count <= memoryLimit else { return false }
        let wanted = min(memoryLimit, max(count, reserved * 2, 4096))
        guard directory.memory.take(wanted - reserved) else { return false }
        reserved = wanted
        memory.reserveCapacity(wanted)
        return true
    }
}
