import Glibc

/// A file that gets a new content as a whole: whoever reads it sees the old one or the new one.
struct ReplacedFile {
    let path: String

    /// Keeps owner and mode.
    func write(_ text: String) throws(Failure) {
        var old = stat()
        guard stat(path, &old) == 0 else { throw problem() }
        let fresh = "\(path).new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw problem() }
        let isWritten =
            fill(descriptor, text) && fchmod(descriptor, old.st_mode & 0o777) == 0
            // Only root can give a file away; the caller's own needs no giving.
            && (old.st_uid == geteuid() || fchown(descriptor, old.st_uid, old.st_gid) == 0) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(fresh, path) == 0 else {
            let problem = problem()
            unlink(fresh)
            throw problem
        }
    }

    private func fill(_ descriptor: Int32, _ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func problem() -> Failure { .failed("\(path) cannot be replaced: \(String(cString: strerror(errno)))") }
}
