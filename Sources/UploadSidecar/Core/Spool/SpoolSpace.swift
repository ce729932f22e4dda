import Glibc
import Synchronization

/// The disk space that the spool may use, given out before it is written to.
///
/// What is given out and not yet written is kept apart from the file system's free space, so that uploads that run at
/// the same time are never promised the same blocks. Thread-safe.
package final class SpoolSpace: Sendable {
    private struct Books {
        /// Given out and not given back.
        var reserved: Int64 = 0
        /// Of that, written to files that are still there.
        var written: Int64 = 0
    }

    private let maxBytes: Int64
    private let keepFree: Int64
    private let freeBytes: @Sendable () -> Int64?
    private let books = Mutex(Books())

    /// - Parameters:
    ///   - maxBytes: that all uploads together may have in the spool.
    ///   - keepFree: that stay free on the file system for everyone else.
    ///   - freeBytes: what the file system has free now; nil when it cannot say, which lets everything pass.
    package init(maxBytes: Int64 = .max, keepFree: Int64 = 0, freeBytes: @escaping @Sendable () -> Int64?) {
        self.maxBytes = maxBytes
        self.keepFree = keepFree
        self.freeBytes = freeBytes
    }

    /// What is given out now.
    package var reserved: Int64 { books.withLock { $0.reserved } }

    /// Gives out so many bytes, or none.
    ///
    /// - Throws: `.full`.
    package func reserve(_ bytes: Int64) throws(SpoolError) {
        let isFull = books.withLock { books in
            guard books.reserved <= maxBytes - bytes else { return true }
            if let free = freeBytes(), free - (books.reserved - books.written) - bytes < keepFree { return true }
            books.reserved += bytes
            return false
        }
        if isFull { throw .full }
    }

    /// Notes that so many of the bytes given out are on the disk now.
    package func note(written bytes: Int64) { books.withLock { $0.written += bytes } }

    /// Takes back what was given to one file.
    package func giveBack(_ bytes: Int64, written: Int64) {
        books.withLock { books in
            books.reserved -= bytes
            books.written -= written
        }
    }

    /// Bytes that a process without privileges may still write below the path (statvfs(3)).
    package static func free(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
