import Glibc

/// A file in the spool, removed with this value. Its space is reserved before it is written.
///
/// Where a store is to take the file over as it is (`SpoolDirectory.isForKeeps`), its bytes go to the disk past the
/// page cache (O_DIRECT): they must be there before the upload is answered, and copying them into fresh pages first
/// costs more processor time than both digests. Elsewhere the cache may keep a file from ever reaching the disk.
final class SpoolFile {
    /// Reserved at once when the length is not known beforehand.
    private static let stepBytes: Int64 = 4 << 20

    let path: String
    private let descriptor: Int32
    private let space: SpoolSpace
    private var reserved: Int64 = 0
    private var written: Int64 = 0
    private var direct: DirectBuffer?

    /// - Parameter expectedBytes: reserved now; more is reserved as it comes.
    init(in directory: SpoolDirectory, expectedBytes: Int64) throws(SpoolError) {
        space = directory.space
        path = directory.newPath()
        try space.reserve(expectedBytes)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        var descriptor: Int32 = -1
        if directory.isForKeeps {
            descriptor = open(path, flags | DirectBuffer.openFlag, 0o600)
            // EINVAL: a file system that cannot (tmpfs); it may have made the file all the same.
            if descriptor >= 0 { direct = DirectBuffer() } else if errno == EINVAL { unlink(path) }
        }
        if descriptor < 0 { descriptor = open(path, flags, 0o600) }
        self.descriptor = descriptor
        guard descriptor >= 0 else {
            let error = SpoolError(errno: errno)
            space.giveBack(expectedBytes, written: 0)
            throw error
        }
        reserved = expectedBytes
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            unlink(path)  // gone already when a store has taken it
            space.giveBack(reserved, written: written)
        }
    }

    /// Appends all of the bytes. Blocks on the disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        let all = written + Int64(direct?.count ?? 0) + Int64(bytes.count)
        if all > reserved {
            let more = max(Self.stepBytes, all - reserved)
            try space.reserve(more)
            reserved += more
        }
        guard let direct else { return try write(bytes) }
        var rest = bytes
        while !rest.isEmpty {
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(direct.take(rest)))
            if direct.isFull {
                try write(direct.bytes)
                direct.clear()
            }
        }
    }

    /// Writes what is still held back. Call once, after the last byte; the file is whole then.
    func finish() throws(SpoolError) {
        guard let direct else { return }
        self.direct = nil
        // The rest is no whole number of blocks.
        DirectBuffer.end(on: descriptor)
        try write(direct.bytes)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, rest.count)
            if count < 0 {
                // A disk with larger blocks than ours, or a write that was cut to less than one.
                if errno == EINVAL, DirectBuffer.end(on: descriptor) { continue }
                guard errno == EINTR else { throw SpoolError(errno: errno) }
                continue
            }
            written += Int64(count)
            space.note(written: Int64(count))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }
}
