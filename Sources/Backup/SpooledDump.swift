import Base
import Crypto
import Glibc

/// A nameless file beside the archive that holds the database's dump until its size and sum are known.
final class SpooledDump {
    private let descriptor: Int32
    private(set) var size: Int64 = 0
    private(set) var sha256 = ""

    init(beside path: String) throws(BackupError) {
        var template = Array("\(path).dump-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw .failed("no file can be made beside \(path)") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(descriptor) }

    /// Lets the closure write to the descriptor, then takes size and sum.
    func fill(_ body: (Int32) throws(BackupError) -> Void) throws(BackupError) {
        try body(descriptor)
        let digest = IncrementalDigest(.sha256)
        size = 0
        try read { bytes in
            digest.update(bytes)
            size += Int64(bytes.count)
            return true
        }
        sha256 = Hex.encode(digest.finish())
    }

    /// Hands the bytes to the sink, which returns false to stop.
    func read(_ sink: (UnsafeRawBufferPointer) -> Bool) throws(BackupError) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var offset: off_t = 0
        while true {
            let count = pread(descriptor, chunk.baseAddress, chunk.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed("the database's dump cannot be read back") }
            guard count > 0 else { return }
            offset += off_t(count)
            guard sink(UnsafeRawBufferPointer(rebasing: chunk[..<count])) else { return }
        }
    }
}
