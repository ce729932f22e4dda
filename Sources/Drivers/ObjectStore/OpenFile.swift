import Crypto
import Glibc

/// An open file, closed when the value goes away. Every call that fails throws what its errno means for a store.
struct OpenFile: ~Copyable {
    private static let chunkBytes = 256 << 10

    private let descriptor: Int32

    /// open(2), never inherited by other programs.
    init(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(ObjectStoreError) {
        descriptor = open(path, flags | O_CLOEXEC, mode)
        // A file where a directory should be: nothing can be below it.
        if descriptor < 0, errno == ENOTDIR, flags & O_DIRECTORY == 0 { throw .notFound }
        guard descriptor >= 0 else { throw .system("open", errno) }
    }

    deinit { close(descriptor) }

    func status() throws(ObjectStoreError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("fstat", errno) }
        return status
    }

    /// Gives the file these permissions and, where the process may, this group; root gives it the owner too.
    func setAccess(mode: mode_t, group: gid_t, owner: uid_t) throws(ObjectStoreError) {
        let status = try status()
        // What root stores, as an operator does, the programs must be able to remove.
        if geteuid() == 0, status.st_uid != owner {
            _ = fchown(descriptor, owner, group)
        } else if status.st_gid != group {
            _ = fchown(descriptor, uid_t.max, group)
        }
        if status.st_mode & 0o7777 != mode, fchmod(descriptor, mode) != 0 { throw .system("fchmod", errno) }
    }

    /// Writes all bytes at the file's position.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ObjectStoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Hands `length` bytes from `offset` on to the sink, in order; stops early when it returns false or at the
    /// file's end. Gives the number of bytes handed over.
    func read(
        from offset: Int64 = 0, length: Int64 = .max,
        _ sink: (UnsafeRawBufferPointer) throws(ObjectStoreError) -> Bool
    ) throws(ObjectStoreError) -> Int64 {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
        defer { chunk.deallocate() }
        var total: Int64 = 0
        while total < length {
            let wanted = Int(min(Int64(chunk.count), length - total))
            let count = pread(descriptor, chunk.baseAddress, wanted, off_t(offset + total))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("read", errno) }
            guard count > 0 else { break }
            total += Int64(count)
            guard try sink(UnsafeRawBufferPointer(rebasing: chunk[..<count])) else { break }
        }
        return total
    }

    /// Waits until the file's contents and metadata are on the disk (fsync(2)).
    func sync() throws(ObjectStoreError) {
        guard fsync(descriptor) == 0 else { throw .system("fsync", errno) }
    }
}

extension ObjectStoreError {
    /// What the errno of a failed call means for the caller of a store.
    package static func system(_ call: StaticString, _ number: Int32) -> ObjectStoreError {
        let text = "\(call): \(String(cString: strerror(number)))"
        switch number {
        case ENOSPC, EDQUOT: return .full
        case ENOENT: return .notFound
        case EACCES, EPERM, EROFS, ENOTDIR, EISDIR, ENAMETOOLONG: return .refused(text)
        default: return .unavailable(text)
        }
    }
}
