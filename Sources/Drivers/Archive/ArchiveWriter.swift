import CArchive
import Glibc

/// Writes a tar archive (pax where ustar is too narrow), entry after entry, to a new file. For one thread.
package final class ArchiveWriter {
    private let handle: OpaquePointer
    private let descriptor: Int32
    private var isClosed = false

    /// Makes the file, readable by its owner alone; one that is there is not touched.
    package init(creating path: String) throws(ArchiveError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ArchiveError("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        guard let handle = archive_write_new() else {
            close(descriptor)
            throw ArchiveError("there is no memory for an archive")
        }
        self.handle = handle
        archive_write_set_format_pax_restricted(handle)
        // One write(2) for many small entries, and no padding to a tape's block at the end.
        archive_write_set_bytes_per_block(handle, 1 << 20)
        archive_write_set_bytes_in_last_block(handle, 1)
        do throws(ArchiveError) {
            try check(archive_write_open_fd(handle, descriptor))
        } catch {
            archive_write_free(handle)
            close(descriptor)
            isClosed = true
            throw error
        }
    }

    deinit {
        guard !isClosed else { return }
        archive_write_free(handle)
        close(descriptor)
    }

    /// One regular file; the closure hands its bytes to `write`, exactly `size` of them.
    ///
    /// - Parameter time: of the last change, in seconds since 1970.
    package func entry<E: Error>(
        _ path: String, size: Int64, time: Int64, _ body: (_ write: (UnsafeRawBufferPointer) -> Bool) throws(E) -> Void,
        failing: (ArchiveError) -> E
    ) throws(E) {
        do throws(ArchiveError) { try begin(path, size: size, time: time) } catch { throw failing(error) }
        var left = size
        var failure: ArchiveError?
        try body { bytes in
            left -= Int64(bytes.count)
            guard left >= 0 else {
                failure = ArchiveError("\(path) is longer than it should be")
                return false
            }
            do throws(ArchiveError) { try self.write(bytes) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failing(failure) }
        guard left == 0 else { throw failing(ArchiveError("\(path) is shorter than it should be")) }
    }

    /// One regular file whose bytes are at hand.
    package func entry(_ path: String, _ bytes: [UInt8], time: Int64) throws(ArchiveError) {
        try entry(
            path, size: Int64(bytes.count), time: time,
            { write throws(ArchiveError) in _ = bytes.withUnsafeBytes { write($0) } }, failing: { $0 })
    }

    /// Ends the archive and waits until it is on the disk.
    package func finish() throws(ArchiveError) {
        try check(archive_write_close(handle))
        guard fsync(descriptor) == 0 else { throw ArchiveError("the archive cannot be written: fsync failed") }
        isClosed = true
        archive_write_free(handle)
        close(descriptor)
    }

    private func begin(_ path: String, size: Int64, time: Int64) throws(ArchiveError) {
        guard let entry = archive_entry_new() else { throw ArchiveError("there is no memory for an archive") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, path)
        archive_entry_set_size(entry, size)
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o600)
        archive_entry_set_mtime(entry, time_t(time), 0)
        try check(archive_write_header(handle, entry))
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard !bytes.isEmpty else { return }
        guard archive_write_data(handle, bytes.baseAddress, bytes.count) == bytes.count else { throw failure() }
    }

    private func check(_ status: Int32) throws(ArchiveError) {
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure() }
    }

    private func failure() -> ArchiveError {
        ArchiveError("the archive cannot be written: \(archive_error_string(handle).map { String(cString: $0) } ?? "")")
    }
}
