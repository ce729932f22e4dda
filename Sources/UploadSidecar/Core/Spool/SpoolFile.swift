import Glibc

/// A file in the spool, removed with this value. Its space is reserved before it is written.
final class SpoolFile {
    /// Reserved at once when the length is not known beforehand.
    private static let stepBytes: Int64 = 4 << 20

    let path: String
    private let descriptor: Int32
    private let space: SpoolSpace
    private var reserved: Int64 = 0
    private var written: Int64 = 0

    /// - Parameter expectedBytes: reserved now; more is reserved as it comes.
    init(in directory: SpoolDirectory, expectedBytes: Int64) throws(SpoolError) {
        space = directory.space
        path = directory.newPath()
        try space.reserve(expectedBytes)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
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
        if written + Int64(bytes.count) > reserved {
            let more = max(Self.stepBytes, written + Int64(bytes.count) - reserved)
            try space.reserve(more)
            reserved += more
        }
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = write(descriptor, start, rest.count)
            if count < 0 {
                guard errno == EINTR else { throw SpoolError(errno: errno) }
                continue
            }
            written += Int64(count)
            space.note(written: Int64(count))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }
}
