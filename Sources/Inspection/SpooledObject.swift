import Contract
import Domain
import Glibc

/// An object's bytes, or the first of them, in a nameless file: what a program of its own can read and not change.
final class SpooledObject {
    /// Open for reading at the first byte; closed with this value.
    let descriptor: Int32

    /// - Parameters:
    ///   - limit: bytes after which reading stops.
    ///   - directory: where the file is made.
    /// - Returns: nil when there is no such object.
    /// - Throws: `.storageUnavailable`; `.serviceUnavailable` when there is no room for it.
    init?(
        _ key: String, from objects: any ObjectLocator, limit: Int64 = .max, in directory: String
    ) throws(ErrorAnswer) {
        var template = Array("\(directory)/saas-look-XXXXXX".utf8CString)
        let writer = mkstemp(&template)
        guard writer >= 0 else { throw Self.noRoom(directory) }
        _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
        defer { close(writer) }
        // Opened anew, so that whoever is given it cannot write.
        descriptor = open(template, O_RDONLY | O_CLOEXEC)
        unlink(template)
        guard descriptor >= 0 else { throw Self.noRoom(directory) }
        var left = limit
        var isWhole = true
        let isThere = try objects.read(key: key) { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int(clamping: left)))
            left -= Int64(part.count)
            isWhole = Self.write(part, to: writer)
            return isWhole && left > 0
        }
        guard isWhole else { throw Self.noRoom(directory) }
        guard isThere else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }

    private static func noRoom(_ directory: String) -> ErrorAnswer {
        ErrorAnswer(.serviceUnavailable, cause: "no file can be written in \(directory): INSPECTION_DIR")
    }
}
