import Glibc

/// What can go wrong where a body is kept while it arrives.
package enum SpoolError: Error, Equatable, Sendable {
    /// The disk or the quota is full.
    case full
    /// A system call failed with this errno.
    case failed(errno: Int32)

    /// The error that a failed call's errno stands for.
    package init(errno code: Int32) { self = code == ENOSPC || code == EDQUOT ? .full : .failed(errno: code) }
}
