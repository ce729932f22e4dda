import Glibc
import ObjectStore

/// The bytes of one object between archive and store: in memory when there are few, else in a file.
final class ObjectSpool {
    private static let memoryLimit: Int64 = 8 << 20

    private var bytes: [UInt8] = []
    private let descriptor: Int32
    private let path: String
    private var hasFailed = false

    init(size: Int64) throws(BackupError) {
        guard size > Self.memoryLimit else {
            descriptor = -1
            path = ""
            bytes.reserveCapacity(Int(size))
            return
        }
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/saasctl-object-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw .failed("no file can be made in \(folder)") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    /// False when the disk takes no more.
    func write(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard descriptor >= 0 else {
            bytes += chunk
            return true
        }
        var rest = chunk
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                hasFailed = true
                return false
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }

    /// Where the store finds the bytes, as long as this value lives.
    func finish() throws(BackupError) -> ObjectContent.Source {
        guard !hasFailed else { throw .failed("there is no space left for temporary files") }
        return descriptor >= 0 ? .file(path: path) : .bytes(bytes)
    }
}
