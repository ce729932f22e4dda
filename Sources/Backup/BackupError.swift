package import Archive
package import Contract
package import ObjectStore

/// Why an export, an import or a restore ends without success.
package enum BackupError: Error, Sendable {
    /// The archive is damaged, or is none of ours; nothing was changed.
    case damaged(String)
    /// It cannot be done; one sentence.
    case failed(String)

    package init(_ error: ArchiveError) { self = .failed(error.sentence) }

    package init(_ error: ErrorAnswer) {
        self = .failed(error.cause.map { "\(error.message) (\($0))" } ?? error.message)
    }

    package init(_ error: ObjectStoreError, key: String) {
        self =
            switch error {
            case .notFound: .failed("there is no object \(key)")
            case .unavailable(let detail): .failed("the object store cannot be reached (\(detail))")
            case .refused(let detail): .failed("the object store refuses (\(detail))")
            case .full: .failed("there is no space left in the object store")
            case .corrupted(let detail): .failed("the object \(key) is not what it should be (\(detail))")
            }
    }

    /// The same of a restore whose databases have changed places already.
    var afterRestore: BackupError {
        switch self {
        case .damaged(let sentence), .failed(let sentence):
            .failed("the database is restored, but objects may be missing; restore it again: \(sentence)")
        }
    }
}
