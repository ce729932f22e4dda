import Base
import Crypto
import Glibc

/// A file on this machine that is to be uploaded, as it was when it was looked at.
struct LocalFile {
    let path: String
    /// The last component of the path.
    let name: String
    let size: Int64
    /// In lower-case hexadecimal.
    let sha256: String

    /// Whether it is still there in its full length.
    var isWhole: Bool {
        var status = stat()
        return access(path, R_OK) == 0 && stat(path, &status) == 0 && Int64(status.st_size) >= size
    }

    /// Reads the file once, in pieces.
    ///
    /// - Parameter progress: told how many bytes of how many were read.
    /// - Throws: one sentence when it is no regular file or cannot be read.
    init(_ path: String, progress: (Int64, Int64) -> Void) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .failed("it is no regular file") }
        let digest = IncrementalDigest(.sha256)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed(String(cString: strerror(errno))) }
            guard count > 0 else { break }
            digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += Int64(count)
            progress(size, Int64(status.st_size))
        }
        self.path = path
        name = path.split(separator: "/").last.map { String($0) } ?? path
        self.size = size
        sha256 = Hex.encode(digest.finish())
    }
}
