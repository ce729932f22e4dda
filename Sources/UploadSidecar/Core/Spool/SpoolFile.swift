import Glibc

/// A file in the spool, removed with this value. Its space is reserved before it is written.
///
/// Where a store is to take the file over as it is (`SpoolDirectory.isForKeeps`), its bytes go to the disk past the
/// page cache (O_DIRECT): they must be there before the upload is answered, and copying them into fresh pages first
/// costs more processor time than both digests. Elsewhere the cache may keep a file from ever reaching the disk, and the
/// file of an upload that has ended is written over (`RestingFiles`).
final class SpoolFile {
    /// Reserved at once when the length is not known beforehand.
    private static let stepBytes: Int64 = 4 << 20

    let path: String
    private let descriptor: Int32
    private let space: SpoolSpace
    private let resting: RestingFiles?
    /// How long the file was before.
    private var oldLength: Int64 = 0
    private var reserved: Int64 = 0
    private var written: Int64 = 0
    private var direct: DirectBuffer?

    /// - Parameter expectedBytes: reserved now; more is reserved as it comes.
    init(in directory: SpoolDirectory, expectedBytes: Int64) throws(SpoolError) {
        space = directory.space
        resting = directory.isForKeeps ? nil : directory.resting
        try Self.reserve(expectedBytes, of: space, besides: resting)
        reserved = expectedBytes
        if let file = resting?.take() {
            (path, descriptor, oldLength) = (file.path, file.descriptor, file.length)
            return
        }
        path = directory.newPath()
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
    }

    deinit {
        guard descriptor >= 0 else { return }
        if let resting, lseek(descriptor, 0, SEEK_SET) == 0 {
            resting.give(RestingFiles.File(path: path, descriptor: descriptor, length: max(oldLength, written)))
        } else {
            close(descriptor)
            unlink(path)  // gone already when a store has taken it
        }
        space.giveBack(reserved, written: written)
    }

    /// Appends all of the bytes. Blocks on the disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        let all = written + Int64(direct?.count ?? 0) + Int64(bytes.count)
        if all > reserved {
            let more = max(Self.stepBytes, all - reserved)
            try Self.reserve(more, of: space, besides: resting)
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
        if oldLength > written {
            guard ftruncate(descriptor, off_t(written)) == 0 else { throw SpoolError(errno: errno) }
            oldLength = written
        }
        guard let direct else { return }
        self.direct = nil
        // The rest is no whole number of blocks.
        DirectBuffer.end(on: descriptor)
        try write(direct.bytes)
    }

    /// Files at rest go before an upload is refused.
    private static func reserve(
        _ bytes: Int64, of space: SpoolSpace, besides resting: RestingFiles?
    ) throws(SpoolError) {
        do { try space.reserve(bytes) } catch {
            guard let resting else { throw error }
            resting.removeAll()
            try space.reserve(bytes)
        }
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
