import Backup

extension Failure {
    init(_ error: BackupError) {
        switch error {
        case .damaged(let sentence): self = .damaged(sentence)
        case .failed(let sentence): self = .failed(sentence.singleLine)
        }
    }

    /// For lists of failures.
    var sentence: String {
        switch self {
        case .failed(let sentence), .damaged(let sentence): sentence
        case .configuration(let problems): problems.joined(separator: "; ")
        case .reported: ""
        }
    }
}
