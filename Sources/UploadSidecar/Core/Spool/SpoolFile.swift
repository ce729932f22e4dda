import Glibc

/// A file in the spool, removed with this value.
final class SpoolFile {
    let path: String
    private let descriptor: Int32

    init(in directory: SpoolDirectory) throws(SpoolError) {
        path = directory.newPath()
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(errno: errno) }
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            unlink(path)  // gone already when a store has taken it
        }
    }

    /// Appends all of the bytes. Blocks on the disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = write(descriptor, start, rest.count)
            if count < 0 {
                guard errno == EINTR else { throw SpoolError(errno: errno) }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }
}
