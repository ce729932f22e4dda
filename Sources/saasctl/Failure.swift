import Base
import Contract
import Postgres

/// Why a command ends without success.
enum Failure: Error {
    /// Told in one sentence.
    case failed(String)
    /// The settings are unusable; one sentence each.
    case configuration([String])
    /// An archive is damaged; told in one sentence.
    case damaged(String)
    /// The command has said everything itself.
    case reported(ExitStatus)

    init(_ error: PostgresError) { self = .failed(error.operatorSentence) }

    init(_ answer: ErrorAnswer) {
        self = .failed(answer.cause.map { "\(answer.message) (\($0.singleLine))" } ?? answer.message)
    }

    var status: ExitStatus {
        switch self {
        case .failed: .failure
        case .damaged: .damagedData
        case .configuration: .configuration
        case .reported(let status): status
        }
    }
}
