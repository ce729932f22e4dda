import Base
import Glibc

/// Files of uploads that have ended, kept for the next ones to write over.
///
/// A new file costs its pages and its blocks, which is more than copying the bytes into pages that are there: with uploads
/// one after the other the same few files are written again and again. What is left of an upload stays no longer than
/// `longest`; a file is cut to its new length before anything reads it. Thread-safe.
final class RestingFiles: Sendable {
    struct File: Sendable {
        let path: String
        /// Open for writing.
        let descriptor: Int32
        let length: Int64
    }

    private struct Kept {
        let file: File
        let since: ContinuousClock.Instant
    }

    private struct State {
        /// In the order in which they came to rest.
        var files: [Kept] = []
        var bytes: Int64 = 0
    }

    private let mostBytes: Int64
    private let longest: Duration
    private let state = Condition(State())

    /// - Parameters:
    ///   - mostBytes: that all files together may have.
    ///   - longest: how long a file may stay.
    init(mostBytes: Int64, longest: Duration = .seconds(5)) {
        self.mostBytes = mostBytes
        self.longest = longest
    }

    deinit { removeAll() }

    /// The file that came last, whose pages are most likely still in memory; the caller's from now on.
    func take() -> File? {
        state.withLock { state in
            guard let kept = state.files.popLast() else { return nil }
            state.bytes -= kept.file.length
            return kept.file
        }
    }

    /// Keeps the file, or removes it when there is no room, or nothing to write over.
    func give(_ file: File) {
        let isKept = state.withLock { state in
            guard file.length > 0, state.bytes + file.length <= mostBytes else { return false }
            state.files.append(Kept(file: file, since: .now))
            state.bytes += file.length
            return true
        }
        if !isKept { Self.remove(file) }
    }

    /// Removes what has been here too long.
    func removeOld(at now: ContinuousClock.Instant = .now) { remove { $0.since + longest <= now } }

    /// Removes everything: somebody needs the space.
    func removeAll() { remove { _ in true } }

    private func remove(_ isDue: (Kept) -> Bool) {
        let due = state.withLock { state in
            let due = state.files.filter(isDue)
            state.files.removeAll(where: isDue)
            for kept in due { state.bytes -= kept.file.length }
            return due
        }
        for kept in due { Self.remove(kept.file) }
    }

    private static func remove(_ file: File) {
        close(file.descriptor)
        unlink(file.path)
    }
}
