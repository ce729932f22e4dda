import CArchive

/// Reads a tar archive from a file, entry after entry. For one thread.
package final class ArchiveReader {
    /// A regular file of the archive.
    package struct Entry: Equatable, Sendable {
        package let path: String
        package let size: Int64
    }

    private static let chunkBytes = 1 << 20

    private let handle: OpaquePointer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ArchiveReader.chunkBytes, alignment: 16)

    package init(_ path: String) throws(ArchiveError) {
        guard let handle = archive_read_new() else { throw ArchiveError("there is no memory for an archive") }
        self.handle = handle
        archive_read_support_format_tar(handle)
        guard archive_read_open_filename(handle, path, Self.chunkBytes) == ARCHIVE_OK else {
            // All is set: `deinit` frees it.
            throw ArchiveError("\(path) cannot be read as an archive: \(failure().sentence)")
        }
    }

    deinit {
        archive_read_free(handle)
        buffer.deallocate()
    }

    /// The next regular file; nil at the archive's end. Directories are passed over.
    ///
    /// - Throws: for a damaged archive, and for entries that are neither.
    package func next() throws(ArchiveError) -> Entry? {
        while true {
            var entry: OpaquePointer?
            switch archive_read_next_header(handle, &entry) {
            case ARCHIVE_EOF: return nil
            case ARCHIVE_OK: break
            default: throw failure()
            }
            guard let entry, let path = archive_entry_pathname(entry) else {
                throw ArchiveError("an entry has no name")
            }
            let kind = UInt32(archive_entry_filetype(entry)) & 0o170000
            if kind == 0o040000 { continue }
            guard kind == 0o100000, archive_entry_hardlink(entry) == nil else {
                throw ArchiveError("\(String(cString: path)) is no regular file")
            }
            return Entry(path: String(cString: path), size: archive_entry_size(entry))
        }
    }

    /// Hands the bytes of the present entry to the sink, which returns false to stop.
    ///
    /// - Throws: when the archive ends before the entry.
    package func read(_ sink: (UnsafeRawBufferPointer) -> Bool) throws(ArchiveError) {
        while true {
            let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw failure() }
            guard count > 0 else { return }
            guard sink(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(count)])) else { return }
        }
    }

    private func failure() -> ArchiveError {
        ArchiveError(archive_error_string(handle).map { String(cString: $0) } ?? "it is damaged")
    }
}
