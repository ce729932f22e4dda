package import ObjectStore

/// The bytes of one file while they arrive: in memory up to a limit, then in a file.
///
/// The file is removed with this value, on every path. For one thread at a time.
package final class Spool {
    private let directory: SpoolDirectory
    private let memoryLimit: Int
    private var memory: [UInt8] = []
    private var file: SpoolFile?

    package init(directory: SpoolDirectory, memoryLimit: Int) {
        self.directory = directory
        self.memoryLimit = memoryLimit
    }

    /// Appends the bytes. Blocks on the disk once they exceed the memory limit.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        if let file { return try file.append(bytes) }
        if memory.count + bytes.count <= memoryLimit {
            memory.append(contentsOf: bytes)
            return
        }
        let file = try SpoolFile(in: directory)
        // A local copy, so that no access to self overlaps the call.
        let start = memory
        try start.withUnsafeBufferPointer { (bytes) throws(SpoolError) in
            try file.append(UnsafeRawBufferPointer(bytes))
        }
        try file.append(bytes)
        self.file = file
        memory = []
    }

    /// Where the bytes are, for a store. A file stays as long as this value, unless the store takes it.
    package var content: ObjectContent.Source {
        if let file { .file(path: file.path) } else { .bytes(memory) }
    }
}
