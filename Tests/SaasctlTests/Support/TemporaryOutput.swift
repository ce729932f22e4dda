import Glibc
import Testing

/// A nameless file that takes a process's output: no reader is needed while it runs.
final class TemporaryOutput {
    let descriptor: Int32

    init() throws {
        var template = Array("/tmp/saasctl-output-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        try #require(descriptor >= 0, "no temporary file: errno \(errno)")
        unlink(template)
        // Only the program that it is meant for gets it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Everything that was written.
    func text() throws -> String {
        let size = lseek(descriptor, 0, SEEK_END)
        try #require(size >= 0)
        var bytes = [UInt8](repeating: 0, count: size)
        let count = pread(descriptor, &bytes, size, 0)
        try #require(count == size)
        return String(decoding: bytes, as: UTF8.self)
    }
}
