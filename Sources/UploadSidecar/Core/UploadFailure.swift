import Base
package import Contract

/// Why an upload ended without a document.
package struct UploadFailure: Error, Sendable {
    package let answer: UploadAnswer
    /// One word or two for the log, dotted.
    package let outcome: String
    /// More for the log alone; holds no names and no contents.
    package let detail: String
    /// Whether the application may still hold something of the upload.
    package private(set) var isOpen = false

    package init(_ answer: UploadAnswer, outcome: String, detail: String = "") {
        self.answer = answer
        self.outcome = outcome
        self.detail = detail
    }

    package init(
        _ code: ErrorCode, message: String? = nil, field: (name: String, problem: String)? = nil, outcome: String,
        detail: String = ""
    ) {
        let details = field.map { ["fields": JSONValue.object([$0.name: .string($0.problem)])] } ?? [:]
        self.init(
            UploadAnswer(ErrorAnswer(code, message: message, details: details)), outcome: outcome, detail: detail)
    }

    /// The same failure of an upload that the application may still hold something of.
    func leavingOpen(_ isOpen: Bool) -> UploadFailure {
        var failure = self
        failure.isOpen = isOpen
        return failure
    }

    /// A body that is no valid form.
    init(_ error: MultipartError) {
        self.init(UploadAnswer(error.answer), outcome: "malformed", detail: "\(error)")
    }

    /// A spool that takes no more.
    init(_ error: SpoolError) {
        switch error {
        case .full: self.init(.insufficientStorage, outcome: "spool.full")
        case .failed(let code): self.init(.storageUnavailable, outcome: "spool.failed", detail: "errno \(code)")
        }
    }

    /// A digest of the client's that cannot be read.
    init(_ error: MalformedDigest) {
        self.init(
            .validationError, field: (error.source, "must be a digest as its specification says"),
            outcome: "digest.malformed", detail: error.source)
    }

    /// A file that is not what the client's digests say.
    static var digestMismatch: UploadFailure { UploadFailure(.digestMismatch, outcome: "digest.mismatch") }

    /// A body that broke off.
    static var cut: UploadFailure {
        UploadFailure(.badRequest, message: "The body ended before its end.", outcome: "cut")
    }

    /// A client that sends more slowly than it may.
    static var tooSlow: UploadFailure {
        UploadFailure(
            UploadAnswer(ErrorAnswer(.timeout, message: "The body came too slowly."), status: 408), outcome: "too_slow")
    }

    /// An upload for which there is no place now.
    init(_ refusal: UploadGate.Refusal) {
        self.init(
            UploadAnswer(ErrorAnswer(.tooManyUploads, details: ["limit_of": .string(refusal.rawValue)])),
            outcome: "too_many.\(refusal.rawValue)")
    }

    /// A file, or a frame around it, over its limit.
    static func tooLarge(maxBytes: Int64) -> UploadFailure {
        UploadFailure(
            UploadAnswer(
                ErrorAnswer(
                    .payloadTooLarge, message: "The file is larger than the limit of \(maxBytes) bytes.",
                    details: ["max_bytes": .integer(maxBytes)])),
            outcome: "too_large")
    }
}
